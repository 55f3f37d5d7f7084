import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

const embeddingLookupKernel: ComposedKernel<Record<string, never>> = {
  name: "MultimodalVideoTagEmbeddingLookup",
  forward: ([table, ids]) => [tf.gather(table as tf.Tensor2D, ids as tf.Tensor1D)],
  savedOutputs: [false],
  gradient: ([dy], [table, ids]) => [
    // gather's own gradient needs UnsortedSegmentSum, which wasm lacks; scatterND adds up what falls on one row.
    () => tf.scatterND(tf.expandDims(ids as tf.Tensor, 1), dy as tf.Tensor, (table as tf.Tensor2D).shape),
    () => tf.zeros((ids as tf.Tensor).shape),
  ],
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
    const [rows] = runComposedKernel(embeddingLookupKernel, [table, tf.reshape(ids, [-1])], {});
    return tf.reshape(rows as tf.Tensor, [...ids.shape, table.shape[1]]);
  });
}
