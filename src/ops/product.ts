import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

/** Which factors are stored transposed. */
export type ProductAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

/** Written out so that the backend never sees a transposed product: wasm runs those 10 to 40 times slower. */
export const productKernel: ComposedKernel<ProductAttributes> = {
  name: "MultimodalVideoTagProduct",
  forward: ([a, b, rowMask], { transposeA, transposeB }) => {
    const kept = maskRows(a as tf.Tensor2D, rowMask);
    return [
      tf.matMul(transposeA ? tf.transpose(kept) : kept, (transposeB ? tf.transpose(b as tf.Tensor) : b) as tf.Tensor2D),
    ];
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
  const inputs = rowMask === undefined ? [a, b] : [a, b, rowMask];
  return runComposedKernel(productKernel, inputs, { transposeA, transposeB })[0] as tf.Tensor2D;
}

/** A matrix with zeros in the rows that the mask, if any, does not keep. */
export function maskRows(rows: tf.Tensor2D, rowMask: tf.Tensor | undefined): tf.Tensor2D {
  return rowMask === undefined ? rows : tf.mul(rows, tf.expandDims(rowMask, 1));
}
