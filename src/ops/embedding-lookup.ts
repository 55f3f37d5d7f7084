import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

type EmbeddingLookupInputs = { readonly table: tf.Tensor2D; readonly ids: tf.Tensor1D };

const embeddingLookupKernel: ComposedKernel<EmbeddingLookupInputs, [tf.Tensor2D]> = {
  name: "MultimodalVideoTagEmbeddingLookup",
  forward: ({ table, ids }) => [tf.gather(table, ids)],
  savedOutputs: [false],
  gradient: ([dy], { table, ids }) => ({
    // gather's own gradient needs UnsortedSegmentSum, which wasm lacks; scatterND adds up what falls on one row.
    table: () => tf.scatterND(tf.expandDims(ids, 1), dy, table.shape),
    ids: () => tf.zeros(ids.shape),
  }),
};

/**
 * Rows of a table by number.
 *
 * @param table [rows, size]
 * @param ids int32 of any shape; each in [0, rows): what an id outside gives is the backend's choice
 * @returns [...ids, size], owned by the caller
 */
export function embeddingLookup(table: tf.Tensor2D, ids: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const flat: tf.Tensor1D = tf.reshape(ids, [-1]);
    const [rows] = runComposedKernel(embeddingLookupKernel, { table, ids: flat }, {});
    return tf.reshape(rows, [...ids.shape, table.shape[1]]);
  });
}
