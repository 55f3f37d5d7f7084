import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { columnSums } from "./column-sums.ts";

export type LayerNormAttributes = { readonly epsilon: number };

export type LayerNormInputs = {
  readonly x: tf.Tensor2D;
  readonly scale: tf.Tensor1D;
  readonly bias: tf.Tensor1D;
};

export const layerNormKernel: ComposedKernel<LayerNormInputs, [tf.Tensor2D], LayerNormAttributes> = {
  name: "MultimodalVideoTagLayerNorm",
  forward: ({ x, scale, bias }, { epsilon }) => {
    const { normalized } = normalize(x, epsilon);
    return [tf.add(tf.mul(normalized, scale), bias)];
  },
  savedOutputs: [false],
  gradient: ([dy], { x, scale }, _outputs, { epsilon }) => {
    const { normalized, inverseDeviation } = normalize(x, epsilon);
    return {
      x: () => {
        const dNormalized = tf.mul(dy, scale);
        const alongNormalized = tf.mean(tf.mul(dNormalized, normalized), -1, true);
        const centered = tf.sub(
          tf.sub(dNormalized, tf.mean(dNormalized, -1, true)),
          tf.mul(normalized, alongNormalized),
        );
        return tf.mul(centered, inverseDeviation);
      },
      scale: () => columnSums(tf.mul(dy, normalized)),
      bias: () => columnSums(dy),
    };
  },
};

/** [rows, size] to mean 0 and variance 1 a row, and what each row was multiplied with, [rows, 1]. */
function normalize(x: tf.Tensor2D, epsilon: number): { normalized: tf.Tensor2D; inverseDeviation: tf.Tensor } {
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
    const rows: tf.Tensor2D = tf.reshape(x, [-1, scale.shape[0]]);
    const [y] = runComposedKernel(layerNormKernel, { x: rows, scale, bias }, { epsilon });
    return tf.reshape(y, x.shape);
  });
}
