import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import type { MomentTensors } from "../core/moments.ts";
import { columnSums } from "./column-sums.ts";

export type BatchNormAttributes = { readonly epsilon: number };

type BatchNormInputs = {
  readonly x: tf.Tensor2D;
  readonly scale: tf.Tensor1D;
  readonly bias: tf.Tensor1D;
  readonly mask: tf.Tensor1D;
};

/** Outputs: y, mean, variance. */
export const batchNormKernel: ComposedKernel<
  BatchNormInputs,
  [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D],
  BatchNormAttributes,
  [tf.Tensor1D, tf.Tensor1D]
> = {
  name: "MultimodalVideoTagBatchNorm",
  forward: ({ x, scale, bias, mask }, { epsilon }) => {
    const inside = tf.expandDims(mask, 1);
    const rows = tf.maximum(tf.sum(mask), 1);
    const mean: tf.Tensor1D = tf.div(tf.sum(tf.mul(x, inside), 0), rows);
    const centered = tf.mul(tf.sub(x, mean), inside);
    const variance: tf.Tensor1D = tf.div(tf.sum(tf.square(centered), 0), rows);
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    const y: tf.Tensor2D = tf.add(tf.mul(centered, factor), tf.mul(bias, inside));
    return [y, mean, variance];
  },
  savedOutputs: [false, true, true],
  gradient: ([dy], { x, scale, mask }, [mean, variance], { epsilon }) => {
    const inside = tf.expandDims(mask, 1);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normalized: tf.Tensor2D = tf.mul(tf.mul(tf.sub(x, mean), inverse), inside);
    const dRows: tf.Tensor2D = tf.mul(dy, inside);
    const dScale = () => columnSums(tf.mul(dRows, normalized));
    const dBias = () => columnSums(dRows);
    return {
      x: () => {
        const rows = tf.maximum(tf.sum(mask), 1);
        const shared = tf.div(tf.add(dBias(), tf.mul(normalized, dScale())), rows);
        return tf.mul(tf.mul(tf.sub(dRows, shared), inside), tf.mul(inverse, scale));
      },
      scale: dScale,
      bias: dBias,
      mask: () => tf.zerosLike(mask),
    };
  },
};

/**
 * Batch normalization by the moments of the batch itself: `(x - mean) / sqrt(variance + epsilon) * scale + bias`, mean and
 * variance being those of each column over the rows that are there. Source: arXiv:1502.03167.
 *
 * @param x [rows, size]
 * @param scale [size]
 * @param bias [size]
 * @param mask [rows] of ones and zeros: a row with a zero counts for nothing, and gives zeros
 * @returns y [rows, size] and the moments, through which no further gradient flows; owned by the caller
 */
export function batchNorm(
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
  bias: tf.Tensor1D,
  mask: tf.Tensor1D,
  epsilon: number,
): { readonly y: tf.Tensor2D; readonly moments: MomentTensors } {
  return tf.tidy(() => {
    const [y, mean, variance] = runComposedKernel(batchNormKernel, { x, scale, bias, mask }, { epsilon });
    const moments: MomentTensors = { rows: tf.sum(mask), mean, variance };
    return { y, moments };
  });
}

/**
 * The same by given moments, which are constants: `(x - mean) / sqrt(variance + epsilon) * scale + bias`.
 *
 * @param x [rows, size]
 * @param mean [size], as variance, scale and bias
 * @returns [rows, size], owned by the caller
 */
export function normalizeBy(
  x: tf.Tensor2D,
  { mean, variance }: Pick<MomentTensors, "mean" | "variance">,
  scale: tf.Tensor1D,
  bias: tf.Tensor1D,
  epsilon: number,
): tf.Tensor2D {
  return tf.tidy(() => {
    const normalized = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(normalized, scale), bias);
  });
}
