import type { DatasetSummary, SharedVideos } from "../data/dataset-statistics.ts";
import type { SampledFrom } from "../data/video-dataset.ts";

/** What an epoch's losses were, a video. */
export interface EpochLosses {
  readonly train: number;
  readonly valid: number;
}

export interface DatasetFindings {
  /** Of the training data. */
  readonly train: DatasetSummary;
  /** What training and validation data share: `sharedWith` of their statistics. */
  readonly shared?: SharedVideos | undefined;
}

/** Epochs in a row after which losses that part are called overfitting. */
const PATIENCE = 3;

/** Names in a sentence at most. */
const MOST_NAMES = 5;

/**
 * What is to be mended before a training can be believed: labels without a training video, features that never change,
 * features that come more than once, and validation videos that the model has been trained on. (Different videos may well
 * share a title: that is for `inspect` to tell, not to warn of.)
 *
 * @returns a sentence each; none for a sound dataset
 */
export function datasetWarnings({ train, shared }: DatasetFindings): string[] {
  return [
    ...labelWarnings(train),
    ...featureWarnings(train),
    ...duplicateWarnings(train),
    ...(shared === undefined ? [] : leakageWarnings(shared)),
  ];
}

/**
 * Overfitting, said simply: in each of the last `patience` epochs the training loss fell and the validation loss rose,
 * both against the epoch before. It is said once for such a run of epochs, when it gets so long.
 *
 * @param epochs every epoch so far, in order
 * @returns a sentence, or undefined
 */
export function overfittingWarning(epochs: readonly EpochLosses[], patience: number = PATIENCE): string | undefined {
  let streak = 0;
  for (const [index, { train, valid }] of epochs.entries()) {
    const before = epochs[index - 1];
    streak = before !== undefined && train < before.train && valid > before.valid ? streak + 1 : 0;
  }
  const [from, to] = [epochs.at(-1 - patience), epochs.at(-1)];
  if (streak !== patience || from === undefined || to === undefined) return undefined;
  return (
    `Overfitting: for ${count(patience, "epoch")} the training loss has fallen (${from.train.toFixed(3)} to ` +
    `${to.train.toFixed(3)}) and the validation loss has risen (${from.valid.toFixed(3)} to ${to.valid.toFixed(3)}).`
  );
}

/** Every warning of overfitting that the epochs of a whole training give cause for. */
export function overfittingWarnings(epochs: readonly EpochLosses[]): string[] {
  return epochs.flatMap((_, index) => overfittingWarning(epochs.slice(0, index + 1)) ?? []);
}

function labelWarnings({ labels }: DatasetSummary): string[] {
  const without = labels.filter(({ videos }) => videos === 0).map(({ label }) => label);
  if (without.length === 0) return [];
  const have = without.length === 1 ? "has" : "have";
  return [`${without.length} of ${count(labels.length, "label")} ${have} no training video: ${list(without)}.`];
}

function featureWarnings({ features }: DatasetSummary): string[] {
  return Object.entries(features).flatMap(([modality, summary]) => {
    const { size, notANumber, infinite, constantDimensions, zeroDimensions } = summary;
    const warnings: string[] = [];
    const name = `${modality.charAt(0).toUpperCase()}${modality.slice(1)}`;
    if (summary.rows === 0) warnings.push(`${name} features: no training video has any.`);
    if (notANumber + infinite > 0) {
      warnings.push(`${name} features: ${notANumber} values of the training data are NaN, ${infinite} are infinite.`);
    }
    if (constantDimensions.length > 0) {
      const zero = zeroDimensions.length === 0 ? "" : `, ${zeroDimensions.length} of them always 0`;
      warnings.push(
        `${name} features: ${constantDimensions.length} of ${size} dimensions never change in the training data${zero}: ` +
          `${list(constantDimensions)}.`,
      );
    }
    return warnings;
  });
}

function duplicateWarnings({ duplicateFeatures }: DatasetSummary): string[] {
  const [first] = duplicateFeatures;
  if (first === undefined) return [];
  const videos = duplicateFeatures.reduce((sum, { length }) => sum + length, 0);
  return [`${videos} training videos have the same features as another: ${list(first)}.`];
}

function leakageWarnings({ fileNames, features }: SharedVideos): string[] {
  const same = features.flatMap(([, there]) => there);
  return [
    ...leakageWarning(fileNames.length, "file name", fileNames),
    ...leakageWarning(same.length, "features", same),
  ];
}

function leakageWarning(videos: number, sameness: string, examples: readonly string[]): string[] {
  if (videos === 0) return [];
  const [have, of] = videos === 1 ? ["has", "a training video"] : ["have", "training videos"];
  return [`Leakage: ${count(videos, "validation video")} ${have} the ${sameness} of ${of}: ${list(examples)}.`];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The first names, and how many more there are. */
function list(names: readonly (string | number)[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** `a: 60000 rows of image; 4900 of them are used, evenly sampled.` */
export function describeSampled(video: string, sampledFrom: SampledFrom, maxRows: number): string {
  const lengths = Object.entries(sampledFrom).map(([modality, rows]) => `${rows} rows of ${modality}`);
  return `${video}: ${lengths.join(" and ")}; ${maxRows} of them are used, evenly sampled.`;
}
