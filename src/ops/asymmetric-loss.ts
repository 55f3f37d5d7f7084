import * as tf from "@tensorflow/tfjs-core";
import { expectRate } from "../core/errors.ts";
import { focusedTerm, focusedTermSlope } from "./focused-term.ts";
import { expectGamma, kernelOfTerm, type Loss, summedLoss } from "./loss.ts";

export interface AsymmetricLossConfig {
  /** How little an easy true label counts. Default 0: as in cross-entropy. */
  readonly gammaPositive?: number;
  /** How little an easy false label counts. Default 4. */
  readonly gammaNegative?: number;
  /** The probability up to which a false label counts for nothing, in [0, 1). Default 0.05. */
  readonly shift?: number;
}

type AsymmetricAttributes = Readonly<Required<AsymmetricLossConfig> & tf.NamedAttrMap>;

/** Stands for a probability of 0: a power of it is a number whatever the exponent. */
const TINY = 1e-30;

/** `q^gamma * -log(1 - q)` with `q = max(sigmoid(x) - shift, 0)`: the loss of a false label, where the shift is not 0. */
function shiftedTerm(x: tf.Tensor, gamma: number, shift: number): tf.Tensor {
  const q = tf.maximum(tf.sub(tf.sigmoid(x), shift), TINY);
  return tf.mul(tf.pow(q, gamma), tf.neg(tf.log(rest(x, shift))));
}

/** Its derivative by x: `p * (1 - p) * q^gamma * (gamma * -log(1 - q) / q + 1 / (1 - q))`, 0 where q is. */
function shiftedTermSlope(x: tf.Tensor, gamma: number, shift: number): tf.Tensor {
  const p = tf.sigmoid(x);
  const difference = tf.sub(p, shift);
  const q = tf.maximum(difference, TINY);
  const left = rest(x, shift);
  const byShifted = tf.sub(tf.div(1, left), tf.mul(tf.div(tf.log(left), q), gamma));
  const dProbability = tf.mul(tf.mul(p, tf.sigmoid(tf.neg(x))), tf.step(difference));
  return tf.mul(dProbability, tf.mul(tf.pow(q, gamma), byShifted));
}

/** `1 - q`, from the other side's probability, so that it is `shift` at least. */
function rest(x: tf.Tensor, shift: number): tf.Tensor {
  return tf.minimum(tf.add(tf.sigmoid(tf.neg(x)), shift), 1);
}

const falseTerm = (x: tf.Tensor, { gammaNegative, shift }: AsymmetricAttributes): tf.Tensor =>
  shift === 0 ? focusedTerm(tf.neg(x), gammaNegative) : shiftedTerm(x, gammaNegative, shift);

const falseTermSlope = (x: tf.Tensor, { gammaNegative, shift }: AsymmetricAttributes): tf.Tensor =>
  shift === 0 ? tf.neg(focusedTermSlope(tf.neg(x), gammaNegative)) : shiftedTermSlope(x, gammaNegative, shift);

const asymmetricLossKernel = kernelOfTerm<AsymmetricAttributes>({
  name: "MultimodalVideoTagAsymmetricLoss",
  value: (x, labels, attributes) =>
    tf.add(
      tf.mul(labels, focusedTerm(x, attributes.gammaPositive)),
      tf.mul(tf.sub(1, labels), falseTerm(x, attributes)),
    ),
  slopes: (x, labels, attributes) => [
    () =>
      tf.add(
        tf.mul(labels, focusedTermSlope(x, attributes.gammaPositive)),
        tf.mul(tf.sub(1, labels), falseTermSlope(x, attributes)),
      ),
    () => tf.sub(focusedTerm(x, attributes.gammaPositive), falseTerm(x, attributes)),
  ],
});

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
  const { gammaPositive = 0, gammaNegative = 4, shift = 0.05 } = config;
  expectGamma("asymmetricLoss: gammaPositive", gammaPositive);
  expectGamma("asymmetricLoss: gammaNegative", gammaNegative);
  expectRate("asymmetricLoss: shift", shift);
  return (...given) => summedLoss(asymmetricLossKernel, given, { gammaPositive, gammaNegative, shift });
}
