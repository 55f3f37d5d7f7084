import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { columnSums } from "./column-sums.ts";
import { product } from "./product.ts";

export type DenseActivation = "linear" | "relu" | "tanh";

export type DenseAttributes = { readonly activation: DenseActivation };

export type DenseInputs = {
  readonly x: tf.Tensor2D;
  readonly kernel: tf.Tensor2D;
  readonly bias: tf.Tensor1D | undefined;
  readonly rowMask: tf.Tensor1D | undefined;
};

export const denseKernel: ComposedKernel<DenseInputs, [tf.Tensor2D], DenseAttributes, [tf.Tensor2D]> = {
  name: "MultimodalVideoTagDense",
  forward: ({ x, kernel, bias }, { activation }) => {
    const fused = tf.fused.matMul({
      a: x,
      b: kernel,
      ...(bias && { bias }),
      activation: activation === "relu" ? "relu" : "linear",
    }) as tf.Tensor2D;
    return [activation === "tanh" ? tf.tanh(fused) : fused];
  },
  savedOutputs: [true],
  gradient: ([dy], { x, kernel, rowMask }, [y], { activation }) => {
    const dSums = activationGradient(dy, y, activation);
    return {
      x: () => product(dSums, kernel, { transposeB: true }, rowMask),
      kernel: () => product(x, dSums, { transposeA: true }, rowMask),
      bias: () => columnSums(dSums, rowMask),
      rowMask: () => tf.zeros([x.shape[0]]),
    };
  },
};

function activationGradient(dy: tf.Tensor2D, y: tf.Tensor, activation: DenseActivation): tf.Tensor2D {
  if (activation === "linear") return dy;
  if (activation === "relu") return tf.mul(dy, tf.step(y));
  return tf.mul(dy, tf.sub(1, tf.square(y)));
}

export interface DenseOptions {
  /** Default `linear`. */
  readonly activation?: DenseActivation;
  /**
   * The shape of x without its last axis, ones and zeros: what a row with a zero gives has no meaning, as long as it is
   * finite (a kernel passes it over), and no gradient flows through it.
   */
  readonly mask?: tf.Tensor;
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
  bias: tf.Tensor1D | undefined,
  { activation = "linear", mask }: DenseOptions = {},
): tf.Tensor {
  const [inputSize, outputSize] = kernel.shape;
  return tf.tidy(() => {
    const inputs: DenseInputs = {
      x: tf.reshape(x, [-1, inputSize]),
      kernel,
      bias,
      rowMask: mask && tf.reshape(mask, [-1]),
    };
    const [y] = runComposedKernel(denseKernel, inputs, { activation });
    return tf.reshape(y, [...x.shape.slice(0, -1), outputSize]);
  });
}
