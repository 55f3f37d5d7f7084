import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

const gelu_: ComposedKernel<Record<string, never>> = {
  name: "MultimodalVideoTagGelu",
  forward: ([x]) => [tf.mul(x as tf.Tensor, normalDistribution(x as tf.Tensor))],
  savedOutputs: [false],
  gradient: ([dy], [x]) => [
    () => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x as tf.Tensor), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy as tf.Tensor, tf.add(normalDistribution(x as tf.Tensor), tf.mul(x as tf.Tensor, density)));
    },
  ],
};

function normalDistribution(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

/** `x * Phi(x)` with the normal distribution Phi, by erf and not by its tanh approximation. Source: arXiv:1606.08415. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => runComposedKernel(gelu_, [x], {})[0] as tf.Tensor);
}
