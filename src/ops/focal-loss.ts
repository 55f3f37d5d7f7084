import * as tf from "@tensorflow/tfjs-core";
import { expectOptions } from "../core/options.ts";
import { type Loss, sumOfTerms } from "./loss.ts";
import { expectGamma, focus, surpriseOf } from "./surprise.ts";

export interface FocalLossConfig {
  /** How little an easy label counts: 0 is cross-entropy. Default 2. */
  readonly gamma?: number;
  /** The weight of true labels, in [0, 1]; false ones have 1 - alpha. Default: 1 for both. */
  readonly alpha?: number;
}

/**
 * Focal loss: cross-entropy in which a label counts less the surer the model already is of it. With `p = sigmoid(logit)`
 * the term of a label y is
 *
 *     -alpha * y * (1 - p)^gamma * log p  -  (1 - alpha) * (1 - y) * p^gamma * log(1 - p)
 *
 * Source: Lin et al. 2017, arXiv:1708.02002; a label between 0 and 1 is that share of either part.
 *
 * @throws RangeError when gamma is below 0 or alpha not in [0, 1]
 */
export function focalLoss(config: FocalLossConfig = {}): Loss {
  expectOptions("focalLoss", config, { optional: { gamma: "any", alpha: "any" } });
  const { gamma = 2, alpha } = config;
  expectGamma("focalLoss: gamma", gamma);
  if (alpha !== undefined && !(alpha >= 0 && alpha <= 1)) {
    throw new RangeError(`focalLoss: alpha must lie in [0, 1]. Got ${alpha}.`);
  }
  const termsOf = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor => {
    const { ifTrue, ifFalse } = surpriseOf(logits);
    const truePart = tf.mul(labels, focus(ifTrue, ifFalse, gamma));
    const falsePart = tf.mul(tf.sub(1, labels), focus(ifFalse, ifTrue, gamma));
    if (alpha === undefined) return tf.add(truePart, falsePart);
    return tf.add(tf.mul(truePart, alpha), tf.mul(falsePart, 1 - alpha));
  };
  return (...given) => sumOfTerms(given, termsOf);
}
