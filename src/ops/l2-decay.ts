import * as tf from "@tensorflow/tfjs-core";

/** `gradient + weightDecay * parameter`: the gradient of a loss to which `weightDecay / 2 * |parameter|^2` is added. */
export function withL2Decay(gradient: tf.Tensor, parameter: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay));
}
