import * as tf from "@tensorflow/tfjs-core";
import type { ComposedKernel } from "../core/composed-kernel.ts";
import { nextMean } from "./running-mean.ts";

export type AdamWStepAttributes = {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
};

export type AdamWStepInputs = {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly meanSquare: tf.Tensor;
  readonly meanOfOnes: tf.Tensor;
  readonly meanSquareOfOnes: tf.Tensor;
};

/** A step of AdamW. Outputs: parameter, mean, meanSquare, meanOfOnes, meanSquareOfOnes. */
export const adamWStepKernel: ComposedKernel<AdamWStepInputs, tf.Tensor[], AdamWStepAttributes> = {
  name: "MultimodalVideoTagAdamWStep",
  forward: (
    { parameter, gradient, mean, meanSquare, meanOfOnes, meanSquareOfOnes },
    { learningRate, weightDecay, beta1, beta2, epsilon },
  ) => {
    const one = tf.scalar(1);
    const next = {
      mean: nextMean(mean, gradient, beta1),
      meanSquare: nextMean(meanSquare, tf.square(gradient), beta2),
      meanOfOnes: nextMean(meanOfOnes, one, beta1),
      meanSquareOfOnes: nextMean(meanSquareOfOnes, one, beta2),
    };
    const deviation = tf.add(tf.sqrt(tf.div(next.meanSquare, next.meanSquareOfOnes)), epsilon);
    const change = tf.mul(tf.div(tf.div(next.mean, next.meanOfOnes), deviation), learningRate);
    const changed = tf.sub(tf.mul(parameter, 1 - learningRate * weightDecay), change);
    return [changed, next.mean, next.meanSquare, next.meanOfOnes, next.meanSquareOfOnes];
  },
};
