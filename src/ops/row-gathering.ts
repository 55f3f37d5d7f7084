import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

/**
 * Entries along the first axis, in any order. (`tf.slice` and `tf.unstack` of the wasm backend copy the whole tensor out of
 * its memory for each piece, and its `tf.reverse` and `tf.gather` go value by value; `tf.gatherND` copies just the rows that
 * are asked for.) It has no gradient.
 *
 * @returns [indices, ...the other axes], owned by the caller
 */
export function gatherRows<Values extends tf.Tensor>(values: Values, indices: Int32Array): Values {
  return tf.tidy(() => tf.gatherND(values, tf.tensor2d(indices, [indices.length, 1])) as Values);
}

type RowRange = { readonly begin: number; readonly end: number };

const rowRangeKernel: ComposedKernel<{ readonly matrix: tf.Tensor2D }, [tf.Tensor2D], RowRange> = {
  name: "MultimodalVideoTagRowRange",
  forward: ({ matrix }, { begin, end }) => [
    gatherRows(
      matrix,
      Int32Array.from({ length: end - begin }, (_, row) => begin + row),
    ),
  ],
  gradient: ([dy], { matrix }, _outputs, { begin, end }) => ({
    matrix: () =>
      tf.pad2d(dy, [
        [begin, matrix.shape[0] - end],
        [0, 0],
      ]),
  }),
};

/** Rows `begin` to `end - 1` of a matrix: [end - begin, size], owned by the caller. */
export function rowRange(matrix: tf.Tensor2D, begin: number, end: number): tf.Tensor2D {
  return runComposedKernel(rowRangeKernel, { matrix }, { begin, end })[0];
}
