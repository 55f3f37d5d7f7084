import { describeValue, FormatError } from "../format-error.ts";
import { elementCount, type NumericArray, numberAt } from "../numeric-array.ts";
import type { PickleValue } from "./pickle-value.ts";

/**
 * A list of rows, each an array or a list of numbers, as one array of float64; a list of numbers becomes one with a
 * single axis.
 *
 * @param place where the list stands in the file
 * @param maxValues how many values the array may have: a list may hold the same row again and again
 * @throws FormatError naming the row that is none or has another shape than the first, or the value that is no number
 */
export function stackRows(rows: readonly PickleValue[], file: string, place: string, maxValues: number): NumericArray {
  const [first] = rows;
  if (first === undefined || plainNumber(first) !== undefined) {
    return { dtype: "float64", shape: [rows.length], data: Float64Array.from(readNumbers(rows, file, place, "row")) };
  }
  const { shape } = readRow(first, file, `${place} row 0`);
  const size = elementCount(shape);
  if (rows.length * size > maxValues) {
    throw new FormatError(file, place, `expected at most ${maxValues} values. Got rows that unfold into more.`);
  }
  const data = new Float64Array(rows.length * size);
  rows.forEach((row, index) => {
    const rowPlace = `${place} row ${index}`;
    const { values, shape: ownShape } = readRow(row, file, rowPlace);
    if (String(ownShape) !== String(shape)) {
      const expected = `expected the shape (${shape.join(", ")}) of row 0.`;
      throw new FormatError(file, rowPlace, `${expected} Got (${ownShape.join(", ")}).`);
    }
    data.set(values, index * size);
  });
  return { dtype: "float64", shape: [rows.length, ...shape], data };
}

function readRow(
  row: PickleValue,
  file: string,
  place: string,
): { readonly values: readonly number[]; readonly shape: readonly number[] } {
  if (isNumericArray(row))
    return { values: Array.from({ length: row.data.length }, (_, index) => numberAt(row, index)), shape: row.shape };
  if (!Array.isArray(row)) throw new FormatError(file, place, `expected a row of numbers. Got ${describeValue(row)}.`);
  return { values: readNumbers(row, file, place, "column"), shape: [row.length] };
}

function readNumbers(values: readonly PickleValue[], file: string, place: string, axis: "row" | "column"): number[] {
  return values.map((value, index) => {
    const number = plainNumber(value);
    if (number !== undefined) return number;
    const itsPlace = axis === "row" ? `${place} row ${index}` : `${place}, column ${index}`;
    throw new FormatError(file, itsPlace, `expected a number. Got ${describeValue(value)}.`);
  });
}

/** True and False are 1 and 0, as in NumPy. */
function plainNumber(value: PickleValue | undefined): number | undefined {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
    ? Number(value)
    : undefined;
}

export function isNumericArray(value: PickleValue | undefined): value is NumericArray {
  return typeof value === "object" && value !== null && "dtype" in value;
}
