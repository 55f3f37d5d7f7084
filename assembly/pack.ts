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
  const vectorDepth = depth & ~3;
  for (let tile = 0; tile < count; tile += TILE_ROWS) {
    const left = min(TILE_ROWS, count - tile);
    let p0 = at(a, begin) + ((<usize>rowAt(rows, first + tile) * <usize>width) << 2);
    let p1 = left > 1 ? at(a, begin) + ((<usize>rowAt(rows, first + tile + 1) * <usize>width) << 2) : 0;
    let p2 = left > 2 ? at(a, begin) + ((<usize>rowAt(rows, first + tile + 2) * <usize>width) << 2) : 0;
    let p3 = left > 3 ? at(a, begin) + ((<usize>rowAt(rows, first + tile + 3) * <usize>width) << 2) : 0;
    if (left == TILE_ROWS) {
      for (let k = 0; k < vectorDepth; k += 4) {
        storeTransposed(v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3), out, 16);
        p0 += 16;
        p1 += 16;
        p2 += 16;
        p3 += 16;
        out += 64;
      }
    }
    for (let k = left == TILE_ROWS ? vectorDepth : 0; k < depth; k++) {
      store<f32>(out, load<f32>(p0));
      store<f32>(out, p1 == 0 ? <f32>0 : load<f32>(p1), 4);
      store<f32>(out, p2 == 0 ? <f32>0 : load<f32>(p2), 8);
      store<f32>(out, p3 == 0 ? <f32>0 : load<f32>(p3), 12);
      p0 += 4;
      if (p1 != 0) p1 += 4;
      if (p2 != 0) p2 += 4;
      if (p3 != 0) p3 += 4;
      out += 16;
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

/** Depth `begin ... begin + depth` of a right-hand side [depth, columns], its rows listed, as panels: [panel][depth][8]. */
export function packPanels(b: usize, columns: i32, rows: usize, begin: i32, depth: i32, out: usize): void {
  const panelBytes = ((<usize>depth) * PANEL_COLUMNS) << 2;
  for (let first = 0; first < depth; first += STREAMS) {
    const last = min(first + STREAMS, depth);
    let panel = out;
    for (let column = 0; column < columns; column += PANEL_COLUMNS, panel += panelBytes) {
      const left = columns - column;
      for (let k = first; k < last; k++) {
        const source = at(b, column) + ((<usize>rowAt(rows, begin + k) * <usize>columns) << 2);
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

/** The same of a right-hand side that is stored transposed: [columns, width], of which depth are the columns. */
export function packPanelsTransposed(b: usize, width: i32, columns: i32, begin: i32, depth: i32, out: usize): void {
  for (let panel = 0; panel < columns; panel += PANEL_COLUMNS) {
    const left = min(PANEL_COLUMNS, columns - panel);
    for (let half = 0; half < PANEL_COLUMNS; half += 4) {
      const rows = min(4, left - half);
      const target = at(out, half);
      let source = at(b, begin) + ((<usize>(panel + half) * <usize>width) << 2);
      const step = (<usize>width) << 2;
      let k = 0;
      if (rows == 4) {
        for (; k + 4 <= depth; k += 4) {
          const r0 = v128.load(source);
          const r1 = v128.load(source + step);
          const r2 = v128.load(source + 2 * step);
          const r3 = v128.load(source + 3 * step);
          storeTransposed(r0, r1, r2, r3, target + (<usize>k << 5), 32);
          source += 16;
        }
      }
      for (; k < depth; k++, source += 4) {
        for (let row = 0; row < 4; row++) {
          const value = row < rows ? load<f32>(source + <usize>row * step) : <f32>0;
          store<f32>(at(target + (<usize>k << 5), row), value);
        }
      }
    }
    out += ((<usize>depth) * PANEL_COLUMNS) << 2;
  }
}
