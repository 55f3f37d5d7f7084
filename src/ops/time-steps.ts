import * as tf from "@tensorflow/tfjs-core";

/**
 * Access to single time steps. (`tf.slice` and `tf.unstack` of the wasm backend copy the whole tensor for each piece,
 * and its `tf.reverse` and `tf.gather` go value by value; `tf.gatherND` copies just the rows that are asked for.)
 */

/** Entry `step` of [time, rows, size]: [rows, size], owned by the caller. */
export function timeStep(steps: tf.Tensor, step: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [, rows, size] = steps.shape as [number, number, number];
    return tf.reshape(tf.gatherND(steps, tf.tensor2d([step], [1, 1], "int32")), [rows, size]);
  });
}

/** [time, rows, size] with the last step first, owned by the caller. */
export function reverseSteps(steps: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const time = steps.shape[0];
    const order = Int32Array.from({ length: time }, (_, step) => time - 1 - step);
    return tf.gatherND(steps, tf.tensor2d(order, [time, 1])) as tf.Tensor3D;
  });
}
