import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

type WeightedValues = { readonly values: tf.Tensor3D; readonly weights: tf.Tensor2D };

const weightedSumKernel: ComposedKernel<WeightedValues, [tf.Tensor2D]> = {
  name: "MultimodalVideoTagWeightedSum",
  forward: ({ values, weights }) => [tf.sum(weighted(values, weights), 1)],
  // The gradient of `tf.sum` would multiply by a tensor of ones that comes from outside the backend.
  gradient: ([dy], { values, weights }) => {
    const dSum = tf.expandDims(dy, 1);
    return { values: () => weighted(dSum, weights), weights: () => tf.sum(tf.mul(values, dSum), 2) };
  },
};

function weighted(values: tf.Tensor, weights: tf.Tensor2D): tf.Tensor {
  return tf.mul(values, tf.expandDims(weights, 2));
}

/**
 * Σ_t weights_t * values_t
 *
 * @param values [batch, time, size]
 * @param weights [batch, time]
 * @returns [batch, size], owned by the caller
 */
export function weightedSum(values: tf.Tensor3D, weights: tf.Tensor2D): tf.Tensor2D {
  return runComposedKernel(weightedSumKernel, { values, weights }, {})[0];
}
