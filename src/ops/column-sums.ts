import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { maskRows } from "./product.ts";

export const columnSumsKernel: ComposedKernel<Record<string, never>> = {
  name: "MultimodalVideoTagColumnSums",
  forward: ([x, rowMask]) => [tf.sum(maskRows(x as tf.Tensor2D, rowMask), 0)],
};

/**
 * The sum of a matrix over its rows, within a gradient: it has none of its own.
 *
 * @param x [rows, columns]
 * @param rowMask [rows] of ones and zeros: rows with a zero count as zeros
 * @returns [columns], owned by the caller
 */
export function columnSums(x: tf.Tensor2D, rowMask?: tf.Tensor1D): tf.Tensor1D {
  return runComposedKernel(columnSumsKernel, rowMask === undefined ? [x] : [x, rowMask], {})[0] as tf.Tensor1D;
}
