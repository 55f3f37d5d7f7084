// Matrices in the order in which the product's inner loop reads them. What lies beyond their edge is filled with zeros.

import { rowAt } from "./rows";

/** Rows of a left-hand tile and columns of a right-hand panel: the inner loop makes this much of the result at once. */
export const TILE_ROWS: i32 = 4;
export const PANEL_COLUMNS: i32 = 8;

// @ts-ignore: decorator
@inline
function at(base: usize, index: i32): usize {
  return base + ((<usize>index) << 2);
}

/** Four rows of four to four columns of four. */
// @ts-ignore: decorator
@inline
function storeTransposed(r0: v128, r1: v128, r2: v128, r3: v128, out: usize, step: usize): void {
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(out + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(out + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(out + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/**
 * Rows `first ... first + count` of a left-hand side [.., depth], depth `begin ... begin + depth`, as tiles of four rows:
 * [tile][depth][4].
 */
export function packRows(a: usize, width: i32, rows: usize, first: i32, count: i32, begin: i32, depth: i32, out: usize): void {
  for (let tile = 0; tile < count; tile += TILE_ROWS) {
    const left = count - tile;
    let p0 = rowOf(a, width, rows, first + tile, begin);
    let p1 = left > 1 ? rowOf(a, width, rows, first + tile + 1, begin) : 0;
    let p2 = left > 2 ? rowOf(a, width, rows, first + tile + 2, begin) : 0;
    let p3 = left > 3 ? rowOf(a, width, rows, first + tile + 3, begin) : 0;
    let k = 0;
    if (left > 3) {
      for (; k + 4 <= depth; k += 4, out += 64) {
        storeTransposed(v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3), out, 16);
        p0 += 16;
        p1 += 16;
        p2 += 16;
        p3 += 16;
      }
    }
    for (; k < depth; k++, out += 16) {
      p0 = storeNext(p0, out);
      p1 = storeNext(p1, out + 4);
      p2 = storeNext(p2, out + 8);
      p3 = storeNext(p3, out + 12);
    }
  }
}

/**
 * The same of a left-hand side that is stored transposed: [depth, width], of which the rows are listed and columns
 * `first ... first + count` become tiles.
 */
export function packColumns(a: usize, width: i32, rows: usize, first: i32, count: i32, begin: i32, depth: i32, out: usize): void {
  const tileBytes = ((<usize>depth) * TILE_ROWS) << 2;
  // Row after row, as they lie in memory.
  for (let k = 0; k < depth; k++) {
    let source = at(a, first) + ((<usize>rowAt(rows, begin + k) * <usize>width) << 2);
    let target = out + (<usize>k << 4);
    let column = 0;
    for (; column + TILE_ROWS <= count; column += TILE_ROWS, source += 16, target += tileBytes) {
      v128.store(target, v128.load(source));
    }
    if (column < count) {
      v128.store(target, i32x4.splat(0));
      for (; column < count; column++, source += 4, target += 4) store<f32>(target, load<f32>(source));
    }
  }
}

/** Rows that are read side by side: so many streams are few enough for the processor to fetch them ahead. */
const STREAMS: i32 = 8;

/**
 * Depth `begin ... begin + depth` of a right-hand side [depth, columns] as panels: [panel][depth][8].
 *
 * @param stride values from one stored row to the next
 * @param rows list of the stored rows
 */
export function packPanels(b: usize, stride: i32, rows: usize, columns: i32, begin: i32, depth: i32, out: usize): void {
  const panelBytes = ((<usize>depth) * PANEL_COLUMNS) << 2;
  for (let first = 0; first < depth; first += STREAMS) {
    const last = min(first + STREAMS, depth);
    let panel = out;
    for (let column = 0; column < columns; column += PANEL_COLUMNS, panel += panelBytes) {
      const left = columns - column;
      for (let k = first; k < last; k++) {
        const source = at(b, column) + ((<usize>rowAt(rows, begin + k) * <usize>stride) << 2);
        const target = panel + (<usize>k << 5);
        if (left >= PANEL_COLUMNS) {
          v128.store(target, v128.load(source));
          v128.store(target, v128.load(source, 16), 16);
        } else {
          v128.store(target, i32x4.splat(0));
          v128.store(target, i32x4.splat(0), 16);
          memory.copy(target, source, (<usize>left) << 2);
        }
      }
    }
  }
}

/** The same of a right-hand side that is stored transposed, [columns, depth]: its stored rows are columns. */
export function packPanelsTransposed(b: usize, stride: i32, rows: usize, columns: i32, begin: i32, depth: i32, out: usize): void {
  for (let panel = 0; panel < columns; panel += PANEL_COLUMNS) {
    for (let half = 0; half < PANEL_COLUMNS; half += 4) {
      const first = panel + half;
      const left = columns - first;
      let target = at(out, half);
      let p0 = left > 0 ? rowOf(b, stride, rows, first, begin) : 0;
      let p1 = left > 1 ? rowOf(b, stride, rows, first + 1, begin) : 0;
      let p2 = left > 2 ? rowOf(b, stride, rows, first + 2, begin) : 0;
      let p3 = left > 3 ? rowOf(b, stride, rows, first + 3, begin) : 0;
      let k = 0;
      if (left > 3) {
        for (; k + 4 <= depth; k += 4, target += 128) {
          storeTransposed(v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3), target, 32);
          p0 += 16;
          p1 += 16;
          p2 += 16;
          p3 += 16;
        }
      }
      for (; k < depth; k++, target += 32) {
        p0 = storeNext(p0, target);
        p1 = storeNext(p1, target + 4);
        p2 = storeNext(p2, target + 8);
        p3 = storeNext(p3, target + 12);
      }
    }
    out += ((<usize>depth) * PANEL_COLUMNS) << 2;
  }
}

// @ts-ignore: decorator
@inline
function rowOf(base: usize, stride: i32, rows: usize, place: i32, begin: i32): usize {
  return at(base, begin) + ((<usize>rowAt(rows, place) * <usize>stride) << 2);
}

/** Copies a row's value, or 0 where there is no row, and answers where the next one lies. */
// @ts-ignore: decorator
@inline
function storeNext(source: usize, target: usize): usize {
  store<f32>(target, source == 0 ? <f32>0 : load<f32>(source));
  return source == 0 ? 0 : source + 4;
}
