import * as tf from "@tensorflow/tfjs-core";
import { kernelOfTerm, summedLoss } from "./loss.ts";

const sigmoidCrossEntropyKernel = kernelOfTerm<Record<string, never>>({
  name: "MultimodalVideoTagSigmoidCrossEntropy",
  value: (x, labels) => {
    const tail = tf.log1p(tf.exp(tf.neg(tf.abs(x))));
    return tf.add(tf.sub(tf.relu(x), tf.mul(x, labels)), tail);
  },
  slopes: (x, labels) => [() => tf.sub(tf.sigmoid(x), labels), () => tf.neg(x)],
});

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
  return summedLoss(sigmoidCrossEntropyKernel, [logits, labels, weights], {});
}
