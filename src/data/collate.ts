import * as tf from "@tensorflow/tfjs-core";
import { type SequenceRows, sequenceMask } from "../core/sequence-batch.ts";

/** Titles as token ids, padded to the longest of them. */
export type TitleBatch = {
  /** [batch, time], int32 */
  readonly tokenIds: tf.Tensor2D;
  /** [batch, time]: 1 for a token, 0 for padding */
  readonly mask: tf.Tensor2D;
};

/** What the reference takes for the sound of a video that has none: this many rows of zeros. */
export const SILENT_ROWS = 10;

/** Audio features with the reference's rows of zeros in place of none. */
export function withSilence(audio: SequenceRows, size: number): SequenceRows {
  return audio.rows > 0 ? audio : { rows: SILENT_ROWS, size, data: new Float32Array(SILENT_ROWS * size) };
}

/**
 * Pads titles to the longest of them with id 0, which the mask hides.
 *
 * @param titles the ids of each title, [CLS] and [SEP] included
 * @returns [batch, time] each, owned by the caller
 */
export function collateTitles(titles: readonly Int32Array[]): TitleBatch {
  const time = Math.max(1, ...titles.map(({ length }) => length));
  const ids = new Int32Array(titles.length * time);
  for (const [index, title] of titles.entries()) ids.set(title, index * time);
  const lengths = titles.map(({ length }) => length);
  return { tokenIds: tf.tensor2d(ids, [titles.length, time], "int32"), mask: sequenceMask(lengths, time) };
}

/** Ones at the true classes (`multi-hot`, for a sigmoid head), or 1/n at each of n true classes (for softmax). */
export type LabelForm = "multi-hot" | "distribution";

/**
 * Labels as a loss wants them.
 *
 * @param classes indices of the true classes of each video
 * @returns [batch, numClasses], owned by the caller
 */
export function collateLabels(
  classes: readonly (readonly number[])[],
  numClasses: number,
  form: LabelForm,
): tf.Tensor2D {
  const labels = new Float32Array(classes.length * numClasses);
  for (const [index, trueClasses] of classes.entries()) {
    for (const trueClass of trueClasses) {
      labels[index * numClasses + trueClass] = form === "multi-hot" ? 1 : 1 / trueClasses.length;
    }
  }
  return tf.tensor2d(labels, [classes.length, numClasses]);
}
