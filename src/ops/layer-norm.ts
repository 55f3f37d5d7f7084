import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { columnSums } from "./column-sums.ts";

export type LayerNormAttributes = { readonly epsilon: number };

export const layerNormKernel: ComposedKernel<LayerNormAttributes> = {
  name: "MultimodalVideoTagLayerNorm",
  forward: ([x, scale, bias], { epsilon }) => {
    const { normalized } = normalize(x as tf.Tensor, epsilon);
    return [tf.add(tf.mul(normalized, scale as tf.Tensor), bias as tf.Tensor)];
  },
  savedOutputs: [false],
  gradient: ([dy], [x, scale], { epsilon }) => {
    const { normalized, inverseDeviation } = normalize(x as tf.Tensor, epsilon);
    const dRows = dy as tf.Tensor2D;
    return [
      () => {
        const dNormalized = tf.mul(dRows, scale as tf.Tensor);
        const alongNormalized = tf.mean(tf.mul(dNormalized, normalized), -1, true);
        const centered = tf.sub(
          tf.sub(dNormalized, tf.mean(dNormalized, -1, true)),
          tf.mul(normalized, alongNormalized),
        );
        return tf.mul(centered, inverseDeviation);
      },
      () => columnSums(tf.mul(dRows, normalized)),
      () => columnSums(dRows),
    ];
  },
};

/** [rows, size] to mean 0 and variance 1 a row, and what each row was multiplied with, [rows, 1]. */
function normalize(x: tf.Tensor, epsilon: number): { normalized: tf.Tensor; inverseDeviation: tf.Tensor } {
  const centered = tf.sub(x, tf.mean(x, -1, true));
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon));
  return { normalized: tf.mul(centered, inverseDeviation), inverseDeviation };
}

/**
 * Layer normalization over the last axis: `(x - mean) / sqrt(variance + epsilon) * scale + bias`, the variance being
 * the mean of squares. Source: arXiv:1607.06450.
 *
 * @param x [..., size]
 * @param scale [size]
 * @param bias [size]
 * @returns [..., size], owned by the caller
 */
export function layerNorm(x: tf.Tensor, scale: tf.Tensor1D, bias: tf.Tensor1D, epsilon: number): tf.Tensor {
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, scale.shape[0]]);
    const [y] = runComposedKernel(layerNormKernel, [rows, scale, bias], { epsilon });
    return tf.reshape(y as tf.Tensor, x.shape);
  });
}
