// Rows of a matrix, some of which are padding. A list of rows is a list of their numbers, i32; the null pointer stands
// for all rows in order.

/** The number of the row at this place of a list. */
// @ts-ignore: decorator
@inline
export function rowAt(rows: usize, place: i32): i32 {
  return rows == 0 ? place : load<i32>(rows + ((<usize>place) << 2));
}

/** Lists the rows that a mask of ones and zeros keeps. Answers how many. */
export function listRows(mask: usize, count: i32, rows: usize): i32 {
  let kept = 0;
  for (let row = 0; row < count; row++) {
    if (load<f32>(mask + ((<usize>row) << 2)) == 0) continue;
    store<i32>(rows + ((<usize>kept) << 2), row);
    kept++;
  }
  return kept;
}

/** Writes zeros to the rows that a mask of ones and zeros does not keep. */
export function clearRows(mask: usize, count: i32, columns: i32, out: usize): void {
  const bytes = (<usize>columns) << 2;
  for (let row = 0; row < count; row++) {
    if (load<f32>(mask + ((<usize>row) << 2)) == 0) memory.fill(out + <usize>row * bytes, 0, bytes);
  }
}

/** Sums a matrix over the listed rows: [columns]. */
export function sumColumns(x: usize, columns: i32, rows: usize, count: i32, out: usize): void {
  const bytes = (<usize>columns) << 2;
  memory.fill(out, 0, bytes);
  for (let place = 0; place < count; place++) addRow(x + <usize>rowAt(rows, place) * bytes, columns, out);
}

function addRow(row: usize, columns: i32, out: usize): void {
  const end = row + ((<usize>columns) << 2);
  const vectorEnd = row + ((<usize>(columns & ~3)) << 2);
  for (; row < vectorEnd; row += 16, out += 16) v128.store(out, f32x4.add(v128.load(out), v128.load(row)));
  for (; row < end; row += 4, out += 4) store<f32>(out, load<f32>(out) + load<f32>(row));
}
