import * as tf from "@tensorflow/tfjs-core";
import { expectOptions } from "../core/options.ts";
import { type Loss, sumOfTerms } from "./loss.ts";
import { expectGamma, focus, surpriseOf } from "./surprise.ts";

export interface AsymmetricLossConfig {
  /** How little an easy true label counts. Default 0: as in cross-entropy. */
  readonly gammaPositive?: number;
  /** How little an easy false label counts. Default 4. */
  readonly gammaNegative?: number;
  /** The probability up to which a false label counts for nothing, in [0, 1). Default 0.05. */
  readonly shift?: number;
}

/** Stands for a probability of 0: a power of it is a number whatever the exponent, and so is the power's slope. */
const TINY = 1e-30;

/** `q^gamma * -log(1 - q)` with `q = max(sigmoid(x) - shift, 0)`, for a shift above 0. */
function shifted(x: tf.Tensor, gamma: number, shift: number): tf.Tensor {
  const q = tf.maximum(tf.sub(tf.sigmoid(x), shift), TINY);
  // 1 - q from the other label's probability, which is not rounded to 0.
  const rest = tf.minimum(tf.add(tf.sigmoid(tf.neg(x)), shift), 1);
  return tf.mul(tf.pow(q, gamma), tf.neg(tf.log(rest)));
}

/**
 * Asymmetric loss, for labels that are mostly false: easy false labels count less than easy true ones, and very easy
 * ones for nothing. With `p = sigmoid(logit)` and `q = max(p - shift, 0)` the term of a label y is
 *
 *     -y * (1 - p)^gammaPositive * log p  -  (1 - y) * q^gammaNegative * log(1 - q)
 *
 * The gradient is that of the whole term. (The authors' code can leave out the powers' part of it.)
 *
 * Source: Ridnik et al. 2021, arXiv:2009.14119; the defaults are its own. A label between 0 and 1 is that share of
 * either part.
 *
 * @throws RangeError when a gamma is below 0 or shift not in [0, 1)
 */
export function asymmetricLoss(config: AsymmetricLossConfig = {}): Loss {
  expectOptions("asymmetricLoss", config, { optional: { gammaPositive: "any", gammaNegative: "any", shift: "rate" } });
  const { gammaPositive = 0, gammaNegative = 4, shift = 0.05 } = config;
  expectGamma("asymmetricLoss: gammaPositive", gammaPositive);
  expectGamma("asymmetricLoss: gammaNegative", gammaNegative);
  const termsOf = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor => {
    const { ifTrue, ifFalse } = surpriseOf(logits);
    const truePart = focus(ifTrue, ifFalse, gammaPositive);
    const falsePart = shift === 0 ? focus(ifFalse, ifTrue, gammaNegative) : shifted(logits, gammaNegative, shift);
    return tf.add(tf.mul(labels, truePart), tf.mul(tf.sub(1, labels), falsePart));
  };
  return (...given) => sumOfTerms(given, termsOf);
}
