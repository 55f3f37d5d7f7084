import * as tf from "@tensorflow/tfjs-core";
import { focusedTerm, focusedTermSlope } from "./focused-term.ts";
import { expectGamma, kernelOfTerm, type Loss, summedLoss } from "./loss.ts";

export interface FocalLossConfig {
  /** How little an easy label counts: 0 is cross-entropy. Default 2. */
  readonly gamma?: number;
  /** The weight of true labels, in [0, 1]; false ones have 1 - alpha. Default: 1 for both. */
  readonly alpha?: number;
}

type FocalAttributes = { readonly gamma: number; readonly trueWeight: number; readonly falseWeight: number };

const focalLossKernel = kernelOfTerm<FocalAttributes>({
  name: "MultimodalVideoTagFocalLoss",
  value: (x, labels, { gamma, trueWeight, falseWeight }) =>
    tf.add(
      tf.mul(tf.mul(labels, trueWeight), focusedTerm(x, gamma)),
      tf.mul(tf.mul(tf.sub(1, labels), falseWeight), focusedTerm(tf.neg(x), gamma)),
    ),
  slopes: (x, labels, { gamma, trueWeight, falseWeight }) => [
    () =>
      tf.sub(
        tf.mul(tf.mul(labels, trueWeight), focusedTermSlope(x, gamma)),
        tf.mul(tf.mul(tf.sub(1, labels), falseWeight), focusedTermSlope(tf.neg(x), gamma)),
      ),
    () => tf.sub(tf.mul(focusedTerm(x, gamma), trueWeight), tf.mul(focusedTerm(tf.neg(x), gamma), falseWeight)),
  ],
});

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
export function focalLoss({ gamma = 2, alpha }: FocalLossConfig = {}): Loss {
  expectGamma("focalLoss: gamma", gamma);
  if (alpha !== undefined && !(alpha >= 0 && alpha <= 1)) {
    throw new RangeError(`focalLoss: alpha must lie in [0, 1]. Got ${alpha}.`);
  }
  const attributes = { gamma, trueWeight: alpha ?? 1, falseWeight: 1 - (alpha ?? 0) };
  return (...given) => summedLoss(focalLossKernel, given, attributes);
}
