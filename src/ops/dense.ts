import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { columnSums } from "./column-sums.ts";
import { product } from "./product.ts";

export type DenseActivation = "linear" | "relu" | "tanh";

export type DenseAttributes = {
  readonly activation: DenseActivation;
  readonly hasBias: boolean;
  readonly hasRowMask: boolean;
};

/** The inputs in order: x, kernel, then what the attributes say is there. */
export function unpackDense<T>(
  inputs: readonly T[],
  { hasBias, hasRowMask }: DenseAttributes,
): { readonly x: T; readonly kernel: T; readonly bias: T | undefined; readonly rowMask: T | undefined } {
  const [x, kernel, ...others] = inputs as [T, T, ...T[]];
  const bias = hasBias ? others.shift() : undefined;
  return { x, kernel, bias, rowMask: hasRowMask ? others.shift() : undefined };
}

export const denseKernel: ComposedKernel<DenseAttributes> = {
  name: "MultimodalVideoTagDense",
  forward: (inputs, attributes) => {
    const { x, kernel, bias } = unpackDense(inputs, attributes);
    const { activation } = attributes;
    const fused = tf.fused.matMul({
      a: x as tf.Tensor2D,
      b: kernel as tf.Tensor2D,
      ...(bias && { bias: bias as tf.Tensor1D }),
      activation: activation === "relu" ? "relu" : "linear",
    });
    return [activation === "tanh" ? tf.tanh(fused) : fused];
  },
  savedOutputs: [true],
  gradient: ([dy], saved, attributes) => {
    const { x, kernel, bias, rowMask } = unpackDense(saved, attributes);
    const dSums = activationGradient(dy as tf.Tensor2D, saved.at(-1) as tf.Tensor, attributes.activation);
    const mask = rowMask as tf.Tensor1D | undefined;
    return [
      () => product(dSums, kernel as tf.Tensor2D, { transposeB: true }, mask),
      () => product(x as tf.Tensor2D, dSums, { transposeA: true }, mask),
      ...(bias ? [() => columnSums(dSums, mask)] : []),
      ...(mask ? [() => tf.zerosLike(mask)] : []),
    ];
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
    const inputs = [
      tf.reshape(x, [-1, inputSize]),
      kernel,
      ...(bias ? [bias] : []),
      ...(mask ? [tf.reshape(mask, [-1])] : []),
    ];
    const attributes = { activation, hasBias: bias !== undefined, hasRowMask: mask !== undefined };
    const [y] = runComposedKernel(denseKernel, inputs, attributes);
    return tf.reshape(y as tf.Tensor, [...x.shape.slice(0, -1), outputSize]);
  });
}
