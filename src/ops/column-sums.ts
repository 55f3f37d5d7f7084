import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { maskRows } from "./product.ts";

export type ColumnSumsInputs = { readonly x: tf.Tensor2D; readonly rowMask: tf.Tensor1D | undefined };

export const columnSumsKernel: ComposedKernel<ColumnSumsInputs, [tf.Tensor1D]> = {
  name: "MultimodalVideoTagColumnSums",
  forward: ({ x, rowMask }) => [tf.sum(maskRows(x, rowMask), 0)],
};

/**
 * The sum of a matrix over its rows, within a gradient: it has none of its own.
 *
 * @param x [rows, columns]
 * @param rowMask [rows] of ones and zeros: rows with a zero count as zeros
 * @returns [columns], owned by the caller
 */
export function columnSums(x: tf.Tensor2D, rowMask?: tf.Tensor1D): tf.Tensor1D {
  return runComposedKernel(columnSumsKernel, { x, rowMask }, {})[0];
}
