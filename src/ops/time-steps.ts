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

/** [batch, time, size] -> [time, batch, size], the last row first where reversed. */
export function toSteps(values: tf.Tensor, reverse: boolean | undefined): tf.Tensor3D {
  const steps = tf.transpose(values as tf.Tensor3D, [1, 0, 2]);
  return reverse ? reverseSteps(steps) : steps;
}

/** Steps [batch, size] each -> [batch, time, size], the last step first where reversed. */
export function inTime(steps: tf.Tensor[], reverse: boolean | undefined): tf.Tensor {
  return tf.stack(reverse ? steps.toReversed() : steps, 1);
}

/** `size` columns of a matrix. */
export function columns(rows: tf.Tensor, begin: number, size: number): tf.Tensor {
  return tf.slice(rows, [0, begin], [-1, size]);
}

/** Peephole weights of each direction, repeated for each row of the stacked state: [directions * batch, size]. */
export function peepholeRows(
  peepholes: readonly tf.Tensor1D[],
  batch: number,
  [begin, size]: [number, number],
): tf.Tensor {
  const rows = peepholes.map((weights) => tf.mul(tf.ones([batch, 1]), tf.slice(weights, begin, size)));
  return tf.concat(rows, 0);
}
