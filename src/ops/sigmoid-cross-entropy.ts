import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { sumOfTerms } from "./loss.ts";

type Rows = { readonly logits: tf.Tensor2D; readonly labels: tf.Tensor2D };

const sigmoidCrossEntropyKernel: ComposedKernel<Rows, [tf.Tensor2D]> = {
  name: "MultimodalVideoTagSigmoidCrossEntropy",
  forward: ({ logits, labels }) => {
    const tail = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
    return [tf.add(tf.sub(tf.relu(logits), tf.mul(logits, labels)), tail)];
  },
  savedOutputs: [false],
  gradient: ([dy], { logits, labels }) => ({
    logits: () => tf.mul(dy, tf.sub(tf.sigmoid(logits), labels)),
    labels: () => tf.mul(dy, tf.neg(logits)),
  }),
};

/**
 * Binary cross-entropy from logits, summed over labels and batch:
 * `sum of weight * (max(x, 0) - x * label + log(1 + exp(-|x|)))`.
 *
 * @param logits [batch, numClasses]
 * @param labels [batch, numClasses], each in [0, 1]
 * @param weights [batch, numClasses] or [batch, 1]; 1 unless given
 * @throws ShapeError when the shapes differ
 */
export function sigmoidCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D, weights?: tf.Tensor2D): tf.Scalar {
  return sumOfTerms(
    [logits, labels, weights],
    () => runComposedKernel(sigmoidCrossEntropyKernel, { logits, labels }, {})[0],
  );
}
