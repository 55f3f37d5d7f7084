import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, type NoAttributes, runComposedKernel } from "../core/composed-kernel.ts";

const LOWEST = -3e38;

type MaskedScores = { readonly scores: tf.Tensor2D; readonly mask: tf.Tensor2D };

const maskedSoftmaxKernel: ComposedKernel<MaskedScores, [tf.Tensor2D], NoAttributes, [tf.Tensor2D]> = {
  name: "MultimodalVideoTagMaskedSoftmax",
  forward: ({ scores, mask }) => {
    const kept = tf.cast(mask, "bool");
    const highest = tf.max(tf.where(kept, scores, tf.fill(mask.shape, LOWEST)), -1, true);
    const shifted = tf.where(kept, tf.sub(scores, highest), tf.zerosLike(mask));
    const exponentials = tf.mul(tf.exp(shifted), mask);
    // The highest score gives exp(0), so the sum is at least 1 - but for a row without anything, which stays zero.
    return [tf.div(exponentials, tf.maximum(tf.sum(exponentials, -1, true), 1))];
  },
  savedOutputs: [true],
  gradient: ([dy], _inputs, [weights]) => ({
    scores: () => {
      const weighted = tf.mul(dy, weights);
      return tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
    },
    mask: () => tf.zerosLike(weights),
  }),
};

/**
 * Softmax over what the mask keeps: `exp(score_t) / sum of exp over the kept`, 0 at the padding. A row without a kept
 * score gives zeros.
 *
 * @param scores [batch, time]
 * @param mask [batch, time] of ones and zeros
 * @returns [batch, time], owned by the caller
 */
export function maskedSoftmax(scores: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return runComposedKernel(maskedSoftmaxKernel, { scores, mask }, {})[0];
}
