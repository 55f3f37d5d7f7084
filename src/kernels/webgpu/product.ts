import * as tf from "@tensorflow/tfjs-core";
import type { FasterKernel } from "../../core/composed-kernel.ts";
import { maskRows, type ProductAttributes } from "../../ops/product.ts";

/** The backend's own product reads transposed factors as they are stored: nothing has to be written out before. */
export const webGpuProduct: FasterKernel<ProductAttributes>["run"] = (inputs, { transposeA, transposeB }) => {
  const [a, b, rowMask] = inputs as [tf.Tensor2D, tf.Tensor2D, tf.Tensor | undefined];
  return tf.tidy(() => [tf.matMul(maskRows(a, rowMask), b, transposeA, transposeB)]);
};
