import type { RowName } from "./plan.ts";

/**
 * What an earlier study of this dataset found, with PyTorch, without peepholes and with a bias in every projection:
 * Hit@1 and Hit@2 in percent, deviation over seeds. Five seeds in its world 11; three in worlds 12 and 13.
 */
export interface Expected {
  readonly hitAt1: number;
  readonly deviation: number;
  readonly hitAt2: number;
  /** Hit@1 in its other worlds. */
  readonly otherWorlds?: readonly number[];
}

export const EXPECTED: { readonly [name in RowName]?: Expected } = {
  "title [CLS]": { hitAt1: 8.97, deviation: 0.31, hitAt2: 17.9 },
  "title mean": { hitAt1: 10.13, deviation: 0.54, hitAt2: 19.5 },
  "title TextCNN": { hitAt1: 23.49, deviation: 0.83, hitAt2: 46.4 },
  audio: { hitAt1: 17.88, deviation: 1.78, hitAt2: 35.6 },
  image: { hitAt1: 19.69, deviation: 1.05, hitAt2: 39.6 },
  "image + audio": { hitAt1: 38.52, deviation: 1.19, hitAt2: 67.1 },
  "all, title [CLS], self": { hitAt1: 39.19, deviation: 0.92, hitAt2: 67.7 },
  "all, title mean, self": { hitAt1: 39.81, deviation: 1.83, hitAt2: 68.1, otherWorlds: [40.93, 44.0] },
  "all, TextCNN, self": { hitAt1: 76.87, deviation: 1.46, hitAt2: 92.2, otherWorlds: [79.71, 81.44] },
  "all, TextCNN, text-guided": { hitAt1: 85.07, deviation: 0.71, hitAt2: 95.7, otherWorlds: [85.51, 85.11] },
};

/** Attention mass on rows of labels, distractors and noise in the study's world 11. */
export const EXPECTED_MASS: { readonly [name in RowName]?: { readonly image: string; readonly audio: string } } = {
  "all, TextCNN, self": { image: ".31 / .47 / .21", audio: ".29 / .44 / .27" },
  "all, TextCNN, text-guided": { image: ".54 / .30 / .16", audio: ".55 / .25 / .20" },
};
