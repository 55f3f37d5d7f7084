import * as tf from "@tensorflow/tfjs-core";
import { gatherRows } from "./row-gathering.ts";

/** Entry `step` of [time, rows, size]: [rows, size], owned by the caller. */
export function timeStep(steps: tf.Tensor3D, step: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [, rows, size] = steps.shape;
    return tf.reshape(gatherRows(steps, Int32Array.of(step)), [rows, size]);
  });
}

/** [time, rows, size] with the last step first, owned by the caller. */
export function reverseSteps(steps: tf.Tensor3D): tf.Tensor3D {
  const time = steps.shape[0];
  return gatherRows(
    steps,
    Int32Array.from({ length: time }, (_, step) => time - 1 - step),
  );
}

/** [batch, time, size] -> [time, batch, size], the last row first where reversed. */
export function toSteps(values: tf.Tensor3D, reverse: boolean | undefined): tf.Tensor3D {
  const steps = tf.transpose(values, [1, 0, 2]);
  return reverse ? reverseSteps(steps) : steps;
}

/** Steps [batch, size] each -> [batch, time, size], the last step first where reversed. */
export function inTime(steps: tf.Tensor2D[], reverse: boolean | undefined): tf.Tensor3D {
  return stack(reverse ? steps.toReversed() : steps, 1);
}

/** Matrices one behind the other along a new axis. */
export function stack(matrices: tf.Tensor2D[], axis = 0): tf.Tensor3D {
  return tf.stack(matrices, axis) as tf.Tensor3D;
}

/** `size` columns of a matrix. */
export function columns(rows: tf.Tensor2D, begin: number, size: number): tf.Tensor2D {
  return tf.slice(rows, [0, begin], [-1, size]);
}

/** Peephole weights of each direction, repeated for each row of the stacked state: [directions * batch, size]. */
export function peepholeRows(
  peepholes: readonly tf.Tensor1D[],
  batch: number,
  [begin, size]: [number, number],
): tf.Tensor2D {
  const rows: tf.Tensor2D[] = peepholes.map((weights) => tf.mul(tf.ones([batch, 1]), tf.slice(weights, begin, size)));
  return tf.concat(rows, 0);
}
