import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

/** Which factors are stored transposed. */
export type ProductAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

export type ProductInputs = {
  readonly a: tf.Tensor2D;
  readonly b: tf.Tensor2D;
  readonly rowMask: tf.Tensor1D | undefined;
};

/** Written out so that the backend never sees a transposed product: wasm runs those 10 to 40 times slower. */
export const productKernel: ComposedKernel<ProductInputs, [tf.Tensor2D], ProductAttributes> = {
  name: "MultimodalVideoTagProduct",
  forward: ({ a, b, rowMask }, { transposeA, transposeB }) => {
    const kept = maskRows(a, rowMask);
    return [tf.matMul(transposeA ? tf.transpose(kept) : kept, transposeB ? tf.transpose(b) : b)];
  },
};

/**
 * The product of two matrices, within a gradient: it has none of its own.
 *
 * @param a [rows, depth], or [depth, rows] if it is stored transposed
 * @param b [depth, columns], or [columns, depth] if it is stored transposed
 * @param rowMask of ones and zeros, one a row of a as it is stored: rows with a zero count as zeros
 * @returns [rows, columns], owned by the caller
 */
export function product(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  { transposeA = false, transposeB = false }: Partial<ProductAttributes>,
  rowMask?: tf.Tensor1D,
): tf.Tensor2D {
  return runComposedKernel(productKernel, { a, b, rowMask }, { transposeA, transposeB })[0];
}

/** A matrix with zeros in the rows that the mask, if any, does not keep. */
export function maskRows(rows: tf.Tensor2D, rowMask: tf.Tensor | undefined): tf.Tensor2D {
  return rowMask === undefined ? rows : tf.mul(rows, tf.expandDims(rowMask, 1));
}
