import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

export type DenseActivation = "linear" | "relu" | "tanh";

type DenseAttributes = { readonly activation: DenseActivation };

/** `x * kernel`, written out so that the backend never sees a transposed product: wasm runs those 10 to 40 times slower. */
const denseKernel: ComposedKernel<DenseAttributes> = {
  name: "MultimodalVideoTagDense",
  forward: ([x, kernel, bias], { activation }) => {
    const fused = tf.fused.matMul({
      a: x as tf.Tensor2D,
      b: kernel as tf.Tensor2D,
      ...(bias && { bias }),
      activation: activation === "relu" ? "relu" : "linear",
    });
    return [activation === "tanh" ? tf.tanh(fused) : fused];
  },
  savedOutputs: [true],
  gradient: ([dy], saved, { activation }) => {
    const [x, kernel] = saved as [tf.Tensor, tf.Tensor];
    const y = saved.at(-1) as tf.Tensor;
    const dPreActivation = activationGradient(dy as tf.Tensor, y, activation);
    return [
      () => tf.matMul(dPreActivation, tf.transpose(kernel)),
      () => tf.matMul(tf.transpose(x), dPreActivation),
      () => tf.sum(dPreActivation, 0),
    ].slice(0, saved.length - 1);
  },
};

function activationGradient(dy: tf.Tensor, y: tf.Tensor, activation: DenseActivation): tf.Tensor {
  if (activation === "linear") return dy;
  if (activation === "relu") return tf.mul(dy, tf.step(y));
  return tf.mul(dy, tf.sub(1, tf.square(y)));
}

/**
 * A fully connected layer over the last axis: `activation(x * kernel + bias)`.
 *
 * @param x [..., inputSize]
 * @param kernel [inputSize, outputSize]
 * @param bias [outputSize], if any
 * @returns [..., outputSize], owned by the caller
 */
export function dense(
  x: tf.Tensor,
  kernel: tf.Tensor2D,
  bias?: tf.Tensor1D,
  activation: DenseActivation = "linear",
): tf.Tensor {
  const [inputSize, outputSize] = kernel.shape;
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, inputSize]);
    const inputs = bias === undefined ? [rows, kernel] : [rows, kernel, bias];
    const [y] = runComposedKernel(denseKernel, inputs, { activation });
    return tf.reshape(y as tf.Tensor, [...x.shape.slice(0, -1), outputSize]);
  });
}
