import * as tf from "@tensorflow/tfjs-core";
import { type SequenceRows, sequenceMask } from "../core/sequence-batch.ts";

/** Titles as token ids, padded to the longest of them. */
export type TitleBatch = {
  /** [batch, time], int32 */
  readonly tokenIds: tf.Tensor2D;
  /** `[batch, time]`: 1 for a token, 0 for padding */
  readonly mask: tf.Tensor2D;
};

/** Rows of zeros, to stand for features that a video does not have. */
export function zeroRows(rows: number, size: number): SequenceRows {
  return { rows, size, data: new Float32Array(rows * size) };
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
  return tf.tidy(() => {
    return { tokenIds: tf.tensor2d(ids, [titles.length, time], "int32"), mask: sequenceMask(lengths, time) };
  });
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

/** What the weight of a label in a loss is made of: the product of all that is given. */
export interface LossWeights {
  /** One a class, 0 or more: higher for rare classes, as a rule. */
  readonly classWeights?: readonly number[];
  /** One a video, 0 or more. */
  readonly videoWeights?: readonly number[];
  /** For each video the indices of the classes of which it is known whether they are true; undefined for all. */
  readonly knownClasses?: readonly (readonly number[] | undefined)[];
}

/**
 * The weights that a loss multiplies its terms with: class weight times video weight, and 0 where it is not known
 * whether a label is true.
 *
 * @param videos how many the batch has
 * @returns [batch, numClasses], owned by the caller
 * @throws RangeError when a list has another length, a weight is below 0 or not finite, or a class does not exist
 */
export function collateLossWeights(videos: number, numClasses: number, given: LossWeights): tf.Tensor2D {
  const { classWeights, videoWeights, knownClasses } = given;
  expectWeights("classWeights", classWeights, numClasses);
  expectWeights("videoWeights", videoWeights, videos);
  expectLength("knownClasses", knownClasses, videos);
  const weights = new Float32Array(videos * numClasses);
  for (let video = 0; video < videos; video++) {
    for (const index of knownClasses?.[video] ?? Array(numClasses).keys()) {
      if (!(Number.isInteger(index) && index >= 0 && index < numClasses)) {
        throw new RangeError(`Loss weights: knownClasses[${video}] must lie in [0, ${numClasses}). Got ${index}.`);
      }
      weights[video * numClasses + index] = (classWeights?.[index] ?? 1) * (videoWeights?.[video] ?? 1);
    }
  }
  return tf.tensor2d(weights, [videos, numClasses]);
}

function expectLength(name: string, values: readonly unknown[] | undefined, length: number): void {
  if (values !== undefined && values.length !== length) {
    throw new RangeError(`Loss weights: ${name} must have ${length} entries. Got ${values.length}.`);
  }
}

function expectWeights(name: string, values: readonly number[] | undefined, length: number): void {
  expectLength(name, values, length);
  for (const [index, value] of values?.entries() ?? []) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`Loss weights: ${name}[${index}] must be a number of 0 or more. Got ${value}.`);
    }
  }
}
