import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { gatherRows } from "./row-gathering.ts";

type UnfoldTimeAttributes = { readonly window: number };

const unfoldTimeKernel: ComposedKernel<{ readonly values: tf.Tensor3D }, [tf.Tensor3D], UnfoldTimeAttributes> = {
  name: "MultimodalVideoTagUnfoldTime",

  forward: ({ values }, { window }) => {
    const [batch, time, size] = values.shape;
    const before = Math.floor(window / 2);
    const rows = padTime(values, before, window - 1 - before, size);
    const padded = time + window - 1;
    const indices = rowsOf(batch, time * window, (video, place) => {
      const step = Math.floor(place / window);
      return video * padded + step + (place % window);
    });
    return [tf.reshape(gatherRows(rows, indices), [batch, time, window * size])];
  },

  gradient: ([dy], { values }, _outputs, { window }) => ({
    values: () => {
      const [batch, time, size] = values.shape;
      const before = Math.floor(window / 2);
      const rows = padTime(dy, window - 1 - before, before, size);
      const padded = time + window - 1;
      // Each step has been in `window` windows, at another place in each.
      const shares = Array.from({ length: window }, (_, place) =>
        gatherRows(
          rows,
          rowsOf(batch, time, (video, step) => (video * padded + step + window - 1 - place) * window + place),
        ),
      );
      return tf.reshape(tf.addN(shares), [batch, time, size]);
    },
  }),
};

/** Zeros before and after each sequence, and then as rows of `size`. */
function padTime(values: tf.Tensor3D, before: number, after: number, size: number): tf.Tensor2D {
  const padded = tf.pad3d(values, [
    [0, 0],
    [before, after],
    [0, 0],
  ]);
  return tf.reshape(padded, [-1, size]);
}

function rowsOf(batch: number, count: number, row: (video: number, index: number) => number): Int32Array {
  return Int32Array.from({ length: batch * count }, (_, index) => row(Math.floor(index / count), index % count));
}

/**
 * For each time step the rows of a window around it, side by side: what a convolution over time multiplies its kernel
 * with. Row t holds rows `t + start ... t + start + window - 1` with `start = -floor(window / 2)`; rows before the
 * beginning and after the end are zeros. (wasm has no gradient for a convolution.)
 *
 * Source: Paddle's sequence_conv with its default padding.
 *
 * @param values [batch, time, size]
 * @returns [batch, time, window * size], owned by the caller
 */
export function unfoldTime(values: tf.Tensor3D, window: number): tf.Tensor3D {
  return runComposedKernel(unfoldTimeKernel, { values }, { window })[0];
}
