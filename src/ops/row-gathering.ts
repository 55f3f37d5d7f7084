import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

/**
 * Rows of a matrix in any order. (`tf.slice` of the wasm backend copies the whole tensor out of its memory for each piece,
 * and its `tf.gather` goes value by value; `tf.gatherND` copies just the rows that are asked for.) It has no gradient.
 *
 * @returns [indices, size], owned by the caller
 */
export function gatherRows(matrix: tf.Tensor2D, indices: Int32Array): tf.Tensor2D {
  return tf.tidy(() => tf.gatherND(matrix, tf.tensor2d(indices, [indices.length, 1], "int32")) as tf.Tensor2D);
}

const rowRangeKernel: ComposedKernel<{ readonly begin: number; readonly end: number }> = {
  name: "MultimodalVideoTagRowRange",
  forward: ([matrix], { begin, end }) => [
    gatherRows(
      matrix as tf.Tensor2D,
      Int32Array.from({ length: end - begin }, (_, row) => begin + row),
    ),
  ],
  gradient: ([dy], [matrix], { begin, end }) => {
    const [rows] = (matrix as tf.Tensor2D).shape;
    return [
      () =>
        tf.pad2d(dy as tf.Tensor2D, [
          [begin, rows - end],
          [0, 0],
        ]),
    ];
  },
};

/** Rows `begin` to `end - 1` of a matrix: [end - begin, size], owned by the caller. */
export function rowRange(matrix: tf.Tensor2D, begin: number, end: number): tf.Tensor2D {
  return runComposedKernel(rowRangeKernel, [matrix], { begin, end })[0] as tf.Tensor2D;
}
