import * as tf from "@tensorflow/tfjs-core";

/**
 * Computes a tensor as a constant: nothing of it is recorded, so no gradient flows back through it and no intermediate
 * value is kept for one.
 */
export function withoutGradient<T extends tf.Tensor>(compute: () => T): T {
  return tf.customGrad<T>(() => ({ value: compute(), gradFunc: () => [] }))();
}
