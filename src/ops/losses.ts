import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { expectShape } from "../core/errors.ts";

type NoAttributes = Record<string, never>;

const sigmoidCrossEntropyKernel: ComposedKernel<NoAttributes> = {
  name: "MultimodalVideoTagSigmoidCrossEntropy",
  forward: ([logits, labels]) => {
    const x = logits as tf.Tensor;
    const tail = tf.log1p(tf.exp(tf.neg(tf.abs(x))));
    return [tf.sum(tf.add(tf.sub(tf.relu(x), tf.mul(x, labels as tf.Tensor)), tail))];
  },
  savedOutputs: [false],
  gradient: ([dy], [logits, labels]) => [
    () => tf.mul(dy as tf.Tensor, tf.sub(tf.sigmoid(logits as tf.Tensor), labels as tf.Tensor)),
    () => tf.mul(dy as tf.Tensor, tf.neg(logits as tf.Tensor)),
  ],
};

const softmaxCrossEntropyKernel: ComposedKernel<NoAttributes> = {
  name: "MultimodalVideoTagSoftmaxCrossEntropy",
  forward: ([logits, labels]) => [tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits as tf.Tensor), labels as tf.Tensor)))],
  savedOutputs: [false],
  gradient: ([dy], [logits, labels]) => [
    () => {
      const expected = tf.mul(tf.softmax(logits as tf.Tensor), tf.sum(labels as tf.Tensor, -1, true));
      return tf.mul(dy as tf.Tensor, tf.sub(expected, labels as tf.Tensor));
    },
    () => tf.mul(dy as tf.Tensor, tf.neg(tf.logSoftmax(logits as tf.Tensor))),
  ],
};

function summedLoss(kernel: ComposedKernel<NoAttributes>, logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  expectShape("Loss: labels", labels, logits.shape);
  return tf.tidy(() => runComposedKernel(kernel, [logits, labels], {})[0] as tf.Scalar);
}

/**
 * Binary cross-entropy from logits, summed over labels and batch:
 * `sum of max(x, 0) - x * label + log(1 + exp(-|x|))`.
 *
 * @param logits [batch, numClasses]
 * @param labels [batch, numClasses], each in [0, 1]
 * @throws ShapeError when the shapes differ
 */
export function sigmoidCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  return summedLoss(sigmoidCrossEntropyKernel, logits, labels);
}

/**
 * Cross-entropy of the softmax of logits with soft labels, summed over labels and batch: `-sum of label * log softmax`.
 *
 * @param logits [batch, numClasses]
 * @param labels [batch, numClasses]: a distribution over the classes a row
 * @throws ShapeError when the shapes differ
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  return summedLoss(softmaxCrossEntropyKernel, logits, labels);
}
