import * as tf from "@tensorflow/tfjs-core";
import { expectShape, ShapeError } from "./errors.ts";

/**
 * Sequences of different lengths in one batch. Each begins at time 0 and is followed by padding, which no result
 * may depend on.
 */
export type SequenceBatch = {
  /** [batch, time, size]; what stands in the padding has no meaning, as long as it is finite */
  readonly values: tf.Tensor3D;
  /** `[batch, time]`: 1 for a row of the sequence, 0 for padding */
  readonly mask: tf.Tensor2D;
};

/** One sequence outside of any backend: `rows` times `size` values, row after row. */
export interface SequenceRows {
  readonly rows: number;
  readonly size: number;
  readonly data: Float32Array;
}

/** [batch, time] of ones and zeros for sequences of these lengths. The caller owns it. */
export function sequenceMask(lengths: readonly number[], time: number): tf.Tensor2D {
  const mask = new Float32Array(lengths.length * time);
  for (const [index, length] of lengths.entries()) mask.fill(1, index * time, index * time + length);
  return tf.tensor2d(mask, [lengths.length, time]);
}

/**
 * Pads sequences to the longest of them.
 *
 * @param size width of a row: checked against each sequence, and needed where there is none to ask
 * @param nameOf what messages call a sequence
 * @returns values [batch, time, size] and mask [batch, time], owned by the caller
 * @throws ShapeError when a sequence has another width or not rows * size values
 */
export function padSequences(
  sequences: readonly SequenceRows[],
  size: number,
  nameOf: (index: number) => string = (index) => `Sequence ${index}`,
): SequenceBatch {
  for (const [index, { rows, size: width, data }] of sequences.entries()) {
    // All of them before memory is asked for: rows may be any number.
    if (Number.isInteger(rows) && data.length === rows * size && (rows === 0 || width === size)) continue;
    throw new ShapeError(
      `${nameOf(index)} must have shape [${rows}, ${size}]. Got ${data.length} values in rows of ${width}.`,
    );
  }
  const time = Math.max(1, ...sequences.map(({ rows }) => rows));
  const values = new Float32Array(sequences.length * time * size);
  for (const [index, { data }] of sequences.entries()) values.set(data, index * time * size);
  const lengths = sequences.map(({ rows }) => rows);
  return tf.tidy(() => {
    return { values: tf.tensor3d(values, [sequences.length, time, size]), mask: sequenceMask(lengths, time) };
  });
}

/** @throws ShapeError when values are not [batch, time, size] or the mask is not [batch, time] */
export function expectSequence(what: string, { values, mask }: SequenceBatch, size: number): void {
  expectShape(`${what} values`, values, ["batch", "time", size]);
  expectShape(`${what} mask`, mask, values.shape.slice(0, 2));
}
