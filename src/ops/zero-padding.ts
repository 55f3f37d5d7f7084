import * as tf from "@tensorflow/tfjs-core";
import type { SequenceBatch } from "../core/sequence-batch.ts";

/** A sequence's values with zeros at the padding: [batch, time, size], owned by the caller. */
export function zeroPadding({ values, mask }: SequenceBatch): tf.Tensor3D {
  return tf.tidy(() => tf.mul(values, tf.expandDims(mask, 2)) as tf.Tensor3D);
}
