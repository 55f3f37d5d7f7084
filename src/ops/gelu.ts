import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

const geluKernel: ComposedKernel<{ readonly x: tf.Tensor }, [tf.Tensor]> = {
  name: "MultimodalVideoTagGelu",
  forward: ({ x }) => [tf.mul(x, normalDistribution(x))],
  savedOutputs: [false],
  gradient: ([dy], { x }) => ({
    x: () => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(normalDistribution(x), tf.mul(x, density)));
    },
  }),
};

function normalDistribution(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

/** `x * Phi(x)` with the normal distribution Phi, by erf and not by its tanh approximation. Source: arXiv:1606.08415. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => runComposedKernel(geluKernel, { x }, {})[0]);
}
