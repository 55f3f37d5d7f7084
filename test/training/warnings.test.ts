import { expect, test } from "vitest";
import type { DatasetSummary, SharedVideos } from "../../src/data/dataset-statistics.ts";
import type { FeatureSummary } from "../../src/data/feature-ranges.ts";
import { datasetWarnings, overfittingWarning } from "../../src/training/warnings.ts";

const features: FeatureSummary = {
  rows: 20,
  size: 8,
  minimum: -1,
  maximum: 1,
  mean: 0,
  deviation: 0.5,
  zeros: 0,
  notANumber: 0,
  infinite: 0,
  constantDimensions: [],
  zeroDimensions: [],
};

function summary(change: Partial<DatasetSummary> = {}): DatasetSummary {
  return {
    videos: 10,
    labels: [
      { label: "a", videos: 7 },
      { label: "b", videos: 3 },
    ],
    lengths: { rows: {} },
    withoutTitle: 0,
    duplicateTitles: [],
    duplicateFeatures: [],
    features: { image: features, audio: features },
    ...change,
  };
}

const SOUND: SharedVideos = { fileNames: [], titles: [], features: [] };

test("says nothing of a sound dataset", () => {
  expect(datasetWarnings({ train: summary(), shared: SOUND })).toEqual([]);
  expect(datasetWarnings({ train: summary({ features: {} }) })).toEqual([]);
});

test("warns of labels without training videos, the first of them by name", () => {
  const labels = [..."abcdefgh"].map((label) => ({ label, videos: label === "c" ? 1 : 0 }));
  expect(datasetWarnings({ train: summary({ labels }) })).toEqual([
    "7 of 8 labels have no training video: a, b, d, e, f and 2 more.",
  ]);
  expect(datasetWarnings({ train: summary({ labels: labels.slice(1, 3) }) })).toEqual([
    "1 of 2 labels has no training video: b.",
  ]);
});

test("warns of features that never change, that are not there, that are no numbers", () => {
  const image = { ...features, constantDimensions: [0, 3], zeroDimensions: [3], notANumber: 4, infinite: 1 };
  const audio = { ...features, rows: 0 };
  expect(datasetWarnings({ train: summary({ features: { image, audio } }) })).toEqual([
    "Image features: 4 values of the training data are NaN, 1 are infinite.",
    "Image features: 2 of 8 dimensions never change in the training data, 1 of them always 0: 0, 3.",
    "Audio features: no training video has any.",
  ]);
});

test("warns of features that come more than once, not of titles", () => {
  const train = summary({
    duplicateTitles: [
      { title: 'the "best"', videos: 4 },
      { title: "cat", videos: 2 },
    ],
    duplicateFeatures: [
      ["x.mp4", "y.mp4"],
      ["z.mp4", "u.mp4", "v.mp4"],
    ],
  });
  expect(datasetWarnings({ train })).toEqual(["5 training videos have the same features as another: x.mp4, y.mp4."]);
});

test("warns of leakage by name and features, counted in validation videos", () => {
  const shared: SharedVideos = {
    fileNames: ["x.mp4"],
    titles: [
      { title: "cat", videos: [5, 2] },
      { title: "dog", videos: [1, 1] },
    ],
    features: [[["x.mp4"], ["x.mp4", "w.mp4"]]],
  };
  expect(datasetWarnings({ train: summary(), shared })).toEqual([
    "Leakage: 1 validation video has the file name of a training video: x.mp4.",
    "Leakage: 2 validation videos have the features of training videos: x.mp4, w.mp4.",
  ]);
});

test("calls it overfitting when the losses part for so many epochs in a row, and says it once", () => {
  const losses = (...pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([train, valid]) => ({ train, valid }));
  const epochs = losses([5, 5], [4, 4], [3, 4.1], [2, 4.2], [1, 4.25], [0.5, 4.3]);
  expect(epochs.map((_, index) => overfittingWarning(epochs.slice(0, index + 1)) !== undefined)).toEqual([
    ...[false, false, false, false],
    true,
    false,
  ]);
  expect(overfittingWarning(epochs.slice(0, 5))).toBe(
    "Overfitting: for 3 epochs the training loss has fallen (4.000 to 1.000) and the validation loss has risen " +
      "(4.000 to 4.250).",
  );
  expect(overfittingWarning(losses([2, 1], [1, 2]), 1)).toContain("for 1 epoch the");
  // Neither loss may pause: an equal training loss, or an equal validation loss, begins the count anew.
  expect(overfittingWarning(losses([5, 1], [4, 2], [4, 3], [3, 4]))).toBe(undefined);
  expect(overfittingWarning(losses([5, 1], [4, 2], [3, 2], [2, 4]))).toBe(undefined);
  expect(overfittingWarning([])).toBe(undefined);
});
