import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { sumOfTerms } from "./loss.ts";

const sigmoidCrossEntropyKernel: ComposedKernel<Record<string, never>> = {
  name: "MultimodalVideoTagSigmoidCrossEntropy",
  forward: ([logits, labels]) => {
    const x = logits as tf.Tensor;
    const tail = tf.log1p(tf.exp(tf.neg(tf.abs(x))));
    return [tf.add(tf.sub(tf.relu(x), tf.mul(x, labels as tf.Tensor)), tail)];
  },
  savedOutputs: [false],
  gradient: ([dy], [logits, labels]) => [
    () => tf.mul(dy as tf.Tensor, tf.sub(tf.sigmoid(logits as tf.Tensor), labels as tf.Tensor)),
    () => tf.mul(dy as tf.Tensor, tf.neg(logits as tf.Tensor)),
  ],
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
    () => runComposedKernel(sigmoidCrossEntropyKernel, [logits, labels], {})[0] as tf.Tensor,
  );
}
