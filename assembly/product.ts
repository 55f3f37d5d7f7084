// Matrix products: blocks of the depth, of these blocks of rows, of these tiles of 4 x 8 whose sums stay in registers.

import { PANEL_COLUMNS, packColumns, packPanels, packPanelsTransposed, packRows, TILE_ROWS } from "./pack";
import { rowAt } from "./rows";
import { multiplyAdd, tanh } from "./vector-math";

/** Depth of a block: a panel of this depth (16 KiB) and a tile (8 KiB) lie in the first-level cache. */
const BLOCK_DEPTH: i32 = 512;
/** Rows of a block, which as tiles (64 KiB) stay near in the second-level cache. */
const BLOCK_ROWS: i32 = 32;

/** Bytes for the packed rows of a block, then for one tile of the result. */
const TILE_BYTES: usize = 128;
export const ROWS_BYTES: usize = (<usize>BLOCK_ROWS * <usize>BLOCK_DEPTH) << 2;
export const WORK_BYTES: usize = ROWS_BYTES + TILE_BYTES + TILE_BYTES;

export const LINEAR: i32 = 0;
export const RELU: i32 = 1;
export const TANH: i32 = 2;

/** Bytes of a packed right-hand side. */
export function packedBytes(depth: i32, columns: i32): usize {
  return (<usize>depth * <usize>roundUp(columns)) << 2;
}

/** Bytes of one block of a packed right-hand side. */
export function packedBlockBytes(depth: i32, columns: i32): usize {
  return packedBytes(min(depth, BLOCK_DEPTH), columns);
}

function roundUp(columns: i32): i32 {
  return (columns + PANEL_COLUMNS - 1) & ~(PANEL_COLUMNS - 1);
}

/** Packs a right-hand side [depth, columns], or [columns, depth] if it is stored transposed. */
export function packMatrix(b: usize, transposed: bool, depth: i32, columns: i32, out: usize): void {
  for (let begin = 0; begin < depth; begin += BLOCK_DEPTH) {
    const target = out + ((<usize>begin * <usize>roundUp(columns)) << 2);
    packBlock(b, transposed ? depth : columns, transposed, 0, depth, columns, begin, target);
  }
}

function packBlock(
  b: usize, stride: i32, transposed: bool, rows: usize, depth: i32, columns: i32, begin: i32, out: usize,
): void {
  const blockDepth = min(BLOCK_DEPTH, depth - begin);
  if (transposed) packPanelsTransposed(b, stride, rows, columns, begin, blockDepth, out);
  else packPanels(b, stride, rows, columns, begin, blockDepth, out);
}

/**
 * `out = activation(a * b + bias)`, or `out = a * b + out` where it accumulates.
 *
 * @param a [count, depth], or [depth, count] if it is stored transposed; from one stored row to the next `width` values
 * @param aRows list of a's stored rows
 * @param packed the right-hand side as packMatrix packs it
 * @param outRows list of the result's rows, each of `stride` values
 * @param work WORK_BYTES of memory
 */
export function multiplyPacked(
  a: usize, width: i32, aTransposed: bool, aRows: usize, count: i32, depth: i32,
  packed: usize, columns: i32,
  out: usize, stride: i32, outRows: usize,
  bias: usize, activation: i32, accumulates: bool, work: usize,
): void {
  for (let begin = 0; begin < depth; begin += BLOCK_DEPTH) {
    const block = packed + ((<usize>begin * <usize>roundUp(columns)) << 2);
    multiplyBlock(
      a, width, aTransposed, aRows, count, depth, begin, block, columns, out, stride, outRows, bias, activation, accumulates, work,
    );
  }
}

/**
 * The same of a right-hand side that is packed block by block on the way.
 *
 * @param b [depth, columns], or [columns, depth] if it is stored transposed; from one stored row to the next bStride values
 * @param bRows list of b's stored rows
 * @param panels packedBlockBytes of memory
 */
export function multiply(
  a: usize, width: i32, aTransposed: bool, aRows: usize, count: i32, depth: i32,
  b: usize, bStride: i32, bTransposed: bool, bRows: usize, columns: i32,
  out: usize, stride: i32, outRows: usize,
  bias: usize, activation: i32, accumulates: bool, panels: usize, work: usize,
): void {
  if (depth == 0 && !accumulates) {
    // A sum of nothing, as where every row is padding.
    for (let place = 0; place < count; place++) {
      memory.fill(address(out, stride, outRows, place, 0), 0, (<usize>columns) << 2);
    }
    return;
  }
  for (let begin = 0; begin < depth; begin += BLOCK_DEPTH) {
    packBlock(b, bStride, bTransposed, bRows, depth, columns, begin, panels);
    multiplyBlock(
      a, width, aTransposed, aRows, count, depth, begin, panels, columns, out, stride, outRows, bias, activation, accumulates, work,
    );
  }
}

function multiplyBlock(
  a: usize, width: i32, aTransposed: bool, aRows: usize, count: i32, depth: i32, begin: i32,
  panels: usize, columns: i32,
  out: usize, stride: i32, outRows: usize,
  bias: usize, activation: i32, accumulates: bool, work: usize,
): void {
  const blockDepth = min(BLOCK_DEPTH, depth - begin);
  const adds = accumulates || begin > 0;
  const last = begin + blockDepth == depth ? activation : LINEAR;
  const tileBytes = (<usize>blockDepth * TILE_ROWS) << 2;
  const panelBytes = (<usize>blockDepth * PANEL_COLUMNS) << 2;
  for (let first = 0; first < count; first += BLOCK_ROWS) {
    const rows = min(BLOCK_ROWS, count - first);
    if (aTransposed) packColumns(a, width, aRows, first, rows, begin, blockDepth, work);
    else packRows(a, width, aRows, first, rows, begin, blockDepth, work);
    let panel = panels;
    for (let column = 0; column < columns; column += PANEL_COLUMNS, panel += panelBytes) {
      const columnsLeft = min(PANEL_COLUMNS, columns - column);
      const panelBias = bias == 0 ? <usize>0 : bias + ((<usize>column) << 2);
      let tile = work;
      for (let row = 0; row < rows; row += TILE_ROWS, tile += tileBytes) {
        const rowsLeft = min(TILE_ROWS, rows - row);
        const place = first + row;
        const o0 = address(out, stride, outRows, place, column);
        const o1 = rowsLeft > 1 ? address(out, stride, outRows, place + 1, column) : 0;
        const o2 = rowsLeft > 2 ? address(out, stride, outRows, place + 2, column) : 0;
        const o3 = rowsLeft > 3 ? address(out, stride, outRows, place + 3, column) : 0;
        if (rowsLeft == TILE_ROWS && columnsLeft == PANEL_COLUMNS) {
          multiplyTile(tile, panel, blockDepth, o0, o1, o2, o3, panelBias, last, adds);
        } else {
          multiplyEdge(tile, panel, blockDepth, o0, o1, o2, o3, columnsLeft, panelBias, last, adds, work + ROWS_BYTES);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function address(out: usize, stride: i32, rows: usize, place: i32, column: i32): usize {
  return out + ((<usize>rowAt(rows, place) * <usize>stride + <usize>column) << 2);
}

/** A tile at the edge: made in memory of its own, of which the part inside is copied. Rows outside are null pointers. */
function multiplyEdge(
  tile: usize, panel: usize, depth: i32, o0: usize, o1: usize, o2: usize, o3: usize,
  columns: i32, bias: usize, activation: i32, adds: bool, space: usize,
): void {
  const bytes = (<usize>columns) << 2;
  const ownBias = space + TILE_BYTES;
  if (bias != 0) memory.copy(ownBias, bias, bytes);
  if (adds) copyTile(o0, o1, o2, o3, space, bytes, true);
  multiplyTile(
    tile, panel, depth, space, space + 32, space + 64, space + 96, bias == 0 ? 0 : ownBias, activation, adds,
  );
  copyTile(o0, o1, o2, o3, space, bytes, false);
}

function copyTile(o0: usize, o1: usize, o2: usize, o3: usize, space: usize, bytes: usize, into: bool): void {
  copyRow(o0, space, bytes, into);
  copyRow(o1, space + 32, bytes, into);
  copyRow(o2, space + 64, bytes, into);
  copyRow(o3, space + 96, bytes, into);
}

function copyRow(row: usize, space: usize, bytes: usize, into: bool): void {
  if (row == 0) return;
  if (into) memory.copy(space, row, bytes);
  else memory.copy(row, space, bytes);
}

// @ts-ignore: decorator
@inline
function activate(x: v128, activation: i32): v128 {
  if (activation == RELU) return f32x4.max(x, f32x4.splat(0));
  if (activation == TANH) return tanh(x);
  return x;
}

/** 4 x 8 of the result. */
function multiplyTile(
  tile: usize, panel: usize, depth: i32, o0: usize, o1: usize, o2: usize, o3: usize,
  bias: usize, activation: i32, adds: bool,
): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  if (adds) {
    s00 = v128.load(o0);
    s01 = v128.load(o0, 16);
    s10 = v128.load(o1);
    s11 = v128.load(o1, 16);
    s20 = v128.load(o2);
    s21 = v128.load(o2, 16);
    s30 = v128.load(o3);
    s31 = v128.load(o3, 16);
  } else if (bias != 0) {
    s00 = v128.load(bias);
    s01 = v128.load(bias, 16);
    s10 = s00;
    s11 = s01;
    s20 = s00;
    s21 = s01;
    s30 = s00;
    s31 = s01;
  }
  // Not unrolled, and without a counter beside the pointers: what engines compile best.
  const end = tile + ((<usize>depth * TILE_ROWS) << 2);
  while (tile != end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const a0 = v128.load32_splat(tile);
    s00 = multiplyAdd(a0, b0, s00);
    s01 = multiplyAdd(a0, b1, s01);
    const a1 = v128.load32_splat(tile, 4);
    s10 = multiplyAdd(a1, b0, s10);
    s11 = multiplyAdd(a1, b1, s11);
    const a2 = v128.load32_splat(tile, 8);
    s20 = multiplyAdd(a2, b0, s20);
    s21 = multiplyAdd(a2, b1, s21);
    const a3 = v128.load32_splat(tile, 12);
    s30 = multiplyAdd(a3, b0, s30);
    s31 = multiplyAdd(a3, b1, s31);
    tile += 16;
    panel += 32;
  }
  if (activation != LINEAR) {
    s00 = activate(s00, activation);
    s01 = activate(s01, activation);
    s10 = activate(s10, activation);
    s11 = activate(s11, activation);
    s20 = activate(s20, activation);
    s21 = activate(s21, activation);
    s30 = activate(s30, activation);
    s31 = activate(s31, activation);
  }
  v128.store(o0, s00);
  v128.store(o0, s01, 16);
  v128.store(o1, s10);
  v128.store(o1, s11, 16);
  v128.store(o2, s20);
  v128.store(o2, s21, 16);
  v128.store(o3, s30);
  v128.store(o3, s31, 16);
}
