import * as tf from "@tensorflow/tfjs-core";

/**
 * For each time step the rows of a window around it, side by side: what a convolution over time multiplies its kernel
 * with. Row t holds rows `t + start ... t + start + window - 1` with `start = -floor(window / 2)`; rows before the
 * beginning and after the end are zeros. (Slices and a concatenation: wasm has no gradient for a convolution.)
 *
 * Source: Paddle's sequence_conv with its default padding.
 *
 * @param values [batch, time, size]
 * @returns [batch, time, window * size], owned by the caller
 */
export function unfoldTime(values: tf.Tensor3D, window: number): tf.Tensor3D {
  const time = values.shape[1];
  const before = Math.floor(window / 2);
  return tf.tidy(() => {
    const padded = tf.pad3d(values, [
      [0, 0],
      [before, window - 1 - before],
      [0, 0],
    ]);
    const shifted = Array.from({ length: window }, (_, shift) => tf.slice3d(padded, [0, shift, 0], [-1, time, -1]));
    return tf.concat(shifted, 2);
  });
}
