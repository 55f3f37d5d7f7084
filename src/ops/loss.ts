import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
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

/** The loss of one label, given its logit and nothing else. */
export interface LabelTerm<Attributes extends tf.NamedAttrMap> {
  /** Of the kernel: unique among all kernels of the process. */
  readonly name: string;
  /** Element by element. */
  readonly value: (logits: tf.Tensor, labels: tf.Tensor, attributes: Attributes) => tf.Tensor;
  /** How the value changes with the logit, and how with the label. */
  readonly slopes: (
    logits: tf.Tensor,
    labels: tf.Tensor,
    attributes: Attributes,
  ) => readonly [byLogit: () => tf.Tensor, byLabel: () => tf.Tensor];
}

/** The kernel of a loss that treats every label by itself: [logits, labels] or [logits, labels, weights] to a scalar. */
export function kernelOfTerm<Attributes extends tf.NamedAttrMap>(
  term: LabelTerm<Attributes>,
): ComposedKernel<Attributes> {
  const { name, value, slopes } = term;
  return {
    name,
    forward: ([logits, labels, weights], attributes) => {
      const values = value(logits as tf.Tensor, labels as tf.Tensor, attributes);
      return [tf.sum(weights ? tf.mul(weights, values) : values)];
    },
    savedOutputs: [false],
    gradient: ([dy], saved, attributes) => {
      const [logits, labels, weights] = saved as [tf.Tensor, tf.Tensor, tf.Tensor?];
      const dTerm = weights ? tf.mul(dy as tf.Tensor, weights) : (dy as tf.Tensor);
      const [byLogit, byLabel] = slopes(logits, labels, attributes);
      const gradients = [() => tf.mul(dTerm, byLogit()), () => tf.mul(dTerm, byLabel())];
      if (weights) {
        gradients.push(() => {
          const values = tf.mul(dy as tf.Tensor, value(logits, labels, attributes));
          return weights.shape[1] === 1 ? tf.sum(values, 1, true) : values;
        });
      }
      return gradients;
    },
  };
}

/** Runs a loss of `kernelOfTerm`. */
export function summedLoss<Attributes extends tf.NamedAttrMap>(
  kernel: ComposedKernel<Attributes>,
  [logits, labels, weights]: Parameters<Loss>,
  attributes: Attributes,
): tf.Scalar {
  expectLossShapes(logits, labels, weights);
  const inputs = weights ? [logits, labels, weights] : [logits, labels];
  return tf.tidy(() => runComposedKernel(kernel, inputs, attributes)[0] as tf.Scalar);
}

/** @throws RangeError such as `focalLoss: gamma must be a number of 0 or more. Got -1.` */
export function expectGamma(what: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${what} must be a number of 0 or more. Got ${value}.`);
  }
}
