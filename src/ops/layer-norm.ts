import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

type LayerNormAttributes = { readonly epsilon: number };

const layerNormKernel: ComposedKernel<LayerNormAttributes> = {
  name: "MultimodalVideoTagLayerNorm",
  forward: ([x, scale, bias], { epsilon }) => {
    const centered = tf.sub(x as tf.Tensor, tf.mean(x as tf.Tensor, -1, true));
    const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon));
    const normalized = tf.mul(centered, inverseDeviation);
    return [tf.add(tf.mul(normalized, scale as tf.Tensor), bias as tf.Tensor), normalized, inverseDeviation];
  },
  savedOutputs: [false, true, true],
  gradient: ([dy], saved) => {
    const [, scale, , normalized, inverseDeviation] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const dyTimesNormalized = tf.mul(dy as tf.Tensor, normalized);
    return [
      () => {
        const dNormalized = tf.mul(dy as tf.Tensor, scale);
        const alongNormalized = tf.mean(tf.mul(dNormalized, normalized), -1, true);
        const centered = tf.sub(
          tf.sub(dNormalized, tf.mean(dNormalized, -1, true)),
          tf.mul(normalized, alongNormalized),
        );
        return tf.mul(centered, inverseDeviation);
      },
      () => tf.sum(dyTimesNormalized, 0),
      () => tf.sum(dy as tf.Tensor, 0),
    ];
  },
};

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
