import * as tf from "@tensorflow/tfjs-core";

/** What a probability p costs: `-log p` if the label is true, `-log(1 - p)` if it is false. */
export interface Surprise {
  readonly ifTrue: tf.Tensor;
  readonly ifFalse: tf.Tensor;
}

/**
 * The surprise of `p = sigmoid(x)`, exact however far x is from 0: `log(1 + exp(-x))` and `log(1 + exp(x))`.
 *
 * At 0 the gradients that TensorFlow.js takes for relu (0), minimum (1) and abs (-1) add up to the right ones.
 */
export function surpriseOf(x: tf.Tensor): Surprise {
  const tail = tf.log1p(tf.exp(tf.neg(tf.abs(x))));
  return { ifTrue: tf.sub(tail, tf.minimum(x, 0)), ifFalse: tf.add(tail, tf.relu(x)) };
}

/**
 * `(1 - p)^gamma * -log p`: a surprise that counts less the surer the model is of what is right.
 *
 * @param other the surprise of the other label: `-log(1 - p)`
 */
export function focus(surprise: tf.Tensor, other: tf.Tensor, gamma: number): tf.Tensor {
  return gamma === 0 ? surprise : tf.mul(surprise, tf.exp(tf.mul(other, -gamma)));
}

/** @throws RangeError such as `focalLoss: gamma must be a number of 0 or more. Got -1.` */
export function expectGamma(what: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${what} must be a number of 0 or more. Got ${value}.`);
  }
}
