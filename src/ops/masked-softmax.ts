import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

const LOWEST = -3e38;

const maskedSoftmaxKernel: ComposedKernel<Record<string, never>> = {
  name: "MultimodalVideoTagMaskedSoftmax",
  forward: ([scores, mask]) => {
    const kept = tf.cast(mask as tf.Tensor, "bool");
    const highest = tf.max(tf.where(kept, scores as tf.Tensor, tf.fill((mask as tf.Tensor).shape, LOWEST)), -1, true);
    const shifted = tf.where(kept, tf.sub(scores as tf.Tensor, highest), tf.zerosLike(mask as tf.Tensor));
    const exponentials = tf.mul(tf.exp(shifted), mask as tf.Tensor);
    // The highest score gives exp(0), so the sum is at least 1 - but for a row without anything, which stays zero.
    return [tf.div(exponentials, tf.maximum(tf.sum(exponentials, -1, true), 1))];
  },
  savedOutputs: [true],
  gradient: ([dy], saved) => {
    const weights = saved[2] as tf.Tensor;
    return [
      () => {
        const weighted = tf.mul(dy as tf.Tensor, weights);
        return tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
      },
      () => tf.zerosLike(weights),
    ];
  },
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
  const [weights] = runComposedKernel(maskedSoftmaxKernel, [scores, mask], {});
  return weights as tf.Tensor2D;
}
