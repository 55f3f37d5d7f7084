import * as tf from "@tensorflow/tfjs-core";
import type { FasterKernel } from "../../core/composed-kernel.ts";
import { maskRows, type ProductAttributes, type ProductInputs } from "../../ops/product.ts";

/** The backend's own product reads transposed factors as they are stored: nothing has to be written out before. */
export const webGpuProduct: FasterKernel<ProductInputs, ProductAttributes>["run"] = (
  { a, b, rowMask },
  { transposeA, transposeB },
) => tf.tidy(() => [tf.matMul(maskRows(a, rowMask), b, transposeA, transposeB)]);
