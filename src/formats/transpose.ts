import type { NumericArray, NumericData } from "./numeric-array.ts";

/**
 * The array with its axes in another order, in C order again.
 * @param axes a permutation: for each axis of the result, the axis of `array` that it is
 */
export function transpose({ dtype, shape, data }: NumericArray, axes: readonly number[]): NumericArray {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((count, size) => count * size, 1));
  const size = axes.map((axis) => shape[axis] as number);
  const step = axes.map((axis) => strides[axis] as number);
  const result = data.slice() as NumericData;
  const index = axes.map(() => 0);
  // `source` follows `index`, which counts through the result with the last axis fastest.
  for (let target = 0, source = 0; target < result.length; target++) {
    result[target] = data[source] as number & bigint;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      source += step[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== size[axis]) break;
      source -= (size[axis] as number) * (step[axis] as number);
      index[axis] = 0;
    }
  }
  return { dtype, shape: size, data: result };
}
