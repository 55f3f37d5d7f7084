import * as tf from "@tensorflow/tfjs-core";

/** `rate * mean + (1 - rate) * value`: a running mean after one more value. The caller owns it. */
export function nextMean(mean: tf.Tensor, value: tf.Tensor, rate: number): tf.Tensor {
  return tf.tidy(() => tf.add(tf.mul(mean, rate), tf.mul(value, 1 - rate)));
}
