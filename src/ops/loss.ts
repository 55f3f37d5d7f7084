import * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../core/errors.ts";

/**
 * How far scores are from the labels: a term for each label of each video, times its weight, summed over labels and
 * batch.
 *
 * `logits`, `labels`: [batch, numClasses]. `weights`: [batch, numClasses], or [batch, 1] for one weight a video; 1 where
 * none are given. A weight of 0 is for a label that is not known: its term counts for nothing.
 */
export type Loss = (logits: tf.Tensor2D, labels: tf.Tensor2D, weights?: tf.Tensor2D) => tf.Scalar;

/** @throws ShapeError when labels or weights do not fit the logits */
export function expectLossShapes(logits: tf.Tensor2D, labels: tf.Tensor2D, weights: tf.Tensor2D | undefined): void {
  const [batch, numClasses] = logits.shape;
  expectShape("Loss: labels", labels, [batch, numClasses]);
  if (weights !== undefined) expectShape("Loss: weights", weights, [batch, weights.shape[1] === 1 ? 1 : numClasses]);
}

/** The weighted sum of terms, [batch, numClasses], each of which depends on a logit and its label alone. */
export function sumOfTerms(
  [logits, labels, weights]: Parameters<Loss>,
  termsOf: (logits: tf.Tensor2D, labels: tf.Tensor2D) => tf.Tensor,
): tf.Scalar {
  expectLossShapes(logits, labels, weights);
  return tf.tidy(() => {
    const terms = termsOf(logits, labels);
    return tf.sum(weights ? tf.mul(weights, terms) : terms);
  });
}
