import * as tf from "@tensorflow/tfjs-core";
import { expectOptions } from "../core/options.ts";
import type { Loss } from "./loss.ts";

export interface LabelSmoothingConfig {
  /** How much of each label is given away, in [0, 1), as 0.1. */
  readonly amount: number;
  /** What a row of labels is: ones and zeros of their own (for a sigmoid head), or a distribution (for softmax). */
  readonly form: "multi-hot" | "distribution";
}

/**
 * A loss whose labels are less sure than those given:
 * - `multi-hot`: `label * (1 - amount) + amount / 2`, between no and yes;
 * - `distribution`: `label * (1 - amount) + amount / numClasses`, so that a row still sums to 1.
 *
 *     withLabelSmoothing(sigmoidCrossEntropy, { amount: 0.1, form: "multi-hot" })
 *
 * Source: Szegedy et al. 2016, arXiv:1512.00567; the form for labels on their own is the same mixture with two classes.
 *
 * @throws RangeError when amount is not in [0, 1)
 */
export function withLabelSmoothing(loss: Loss, config: LabelSmoothingConfig): Loss {
  expectOptions("withLabelSmoothing", config, { needed: { amount: "rate", form: ["multi-hot", "distribution"] } });
  const { amount, form } = config;
  return (logits, labels, weights) =>
    tf.tidy(() => {
      const share = amount / (form === "multi-hot" ? 2 : logits.shape[1]);
      return loss(logits, tf.add(tf.mul(labels, 1 - amount), share), weights);
    });
}
