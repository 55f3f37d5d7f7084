import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { expectLossShapes } from "./loss.ts";

type Rows = { readonly logits: tf.Tensor2D; readonly labels: tf.Tensor2D };

const softmaxCrossEntropyKernel: ComposedKernel<Rows, [tf.Scalar]> = {
  name: "MultimodalVideoTagSoftmaxCrossEntropy",
  forward: ({ logits, labels }) => [tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), labels)))],
  savedOutputs: [false],
  gradient: ([dy], { logits, labels }) => ({
    logits: () => {
      const expected = tf.mul(tf.softmax(logits), tf.sum(labels, -1, true));
      return tf.mul(dy, tf.sub(expected, labels));
    },
    labels: () => tf.mul(dy, tf.neg(tf.logSoftmax(logits))),
  }),
};

/**
 * Cross-entropy of the softmax of logits with soft labels, summed over labels and batch:
 * `-sum of weight * label * log softmax`.
 *
 * @param logits [batch, numClasses]
 * @param labels [batch, numClasses]: a distribution over the classes a row
 * @param weights [batch, numClasses] or [batch, 1]; 1 unless given. (A label of weight 0 still takes its share of the
 * softmax.)
 * @throws ShapeError when the shapes differ
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D, weights?: tf.Tensor2D): tf.Scalar {
  expectLossShapes(logits, labels, weights);
  return tf.tidy(() => {
    const weighted: tf.Tensor2D = weights ? tf.mul(labels, weights) : labels;
    return runComposedKernel(softmaxCrossEntropyKernel, { logits, labels: weighted }, {})[0];
  });
}
