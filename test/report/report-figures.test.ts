import { expect, test } from "vitest";
import { computeFigures } from "../../src/report/report-figures.ts";
import type { ReportVideo, RunReport } from "../../src/report/run-report.ts";

const video = (classes: number[], ...scores: number[]): ReportVideo => {
  return { video: "v", title: "", classes, scores: Float32Array.from(scores) };
};
const valid = { loss: 1, videos: 4, hitAtK: { "1": 0.5, "2": 1 }, meanAveragePrecision: 0.5 };
const report: RunReport = {
  name: "run",
  configuration: {},
  environment: {},
  epochs: [
    { epoch: 1, learningRate: 1, loss: 1, valid, isBest: true },
    { epoch: 2, learningRate: 1, loss: 1, valid, isBest: true },
    { epoch: 3, learningRate: 1, loss: 1, valid, isBest: false },
  ],
  labels: ["a", "b", "c"],
  thresholds: [0.5, 0.25, 0.5],
  videos: [
    video([0], 0.75, 0.25, 0),
    video([0], 0.25, 0.75, 0),
    video([1], 0.5, 0.75, 0),
    video([0, 1], 0.75, 0.5, 0.125),
  ],
  warnings: [],
};

/** Worked out by hand from the four videos. */
test("figures are those of the best checkpoint's scores", () => {
  const { best, headline, classes, videoLosses, calibration } = computeFigures(report);
  expect(best?.epoch).toBe(2);
  const figures = Object.fromEntries(headline.map(({ name, value }) => [name, value]));
  expect(Object.keys(figures)).toEqual([
    "Hit@1",
    "Hit@2",
    "GAP@20",
    "mAP",
    "micro F1",
    "macro F1",
    "loss a video",
    "calibration error",
  ]);
  expect(figures["Hit@1"]).toBe(3 / 4);
  expect(figures["Hit@2"]).toBe(1);
  // a: true in 3, predicted in 3, right in 2. b: true in 2, predicted in 4, right in 2. c: never.
  expect(figures["micro F1"]).toBeCloseTo((2 * 4) / (5 + 7), 12);
  expect(figures["macro F1"]).toBeCloseTo((4 / 6 + 4 / 6 + 0) / 3, 12);
  // a: two of the score 0.75 are right, then 0.5 is wrong, then 0.25 is right. b: of 0.75 one in two, then 0.5.
  const precisions = [2 / 3 + (1 / 3) * (3 / 4), (1 / 2) * (1 / 2) + (1 / 2) * (2 / 3)];
  expect(figures["mAP"]).toBeCloseTo(((precisions[0] as number) + (precisions[1] as number)) / 2, 12);
  expect(
    classes.map(({ label, support, precision, recall, threshold }) => [label, support, precision, recall, threshold]),
  ).toEqual([
    ["a", 3, 2 / 3, 2 / 3, 0.5],
    ["b", 2, 1 / 2, 1, 0.25],
    ["c", 0, 0, 0, 0.5],
  ]);
  expect(classes.map(({ averagePrecision }) => averagePrecision)).toEqual([
    expect.closeTo(precisions[0] as number, 12),
    expect.closeTo(precisions[1] as number, 12),
    Number.NaN,
  ]);
  expect(videoLosses[0]).toBeCloseTo(-2 * Math.log(0.75), 12);
  expect(videoLosses[1]).toBeCloseTo(-2 * Math.log(0.25), 12);
  expect(figures["loss a video"]).toBeCloseTo(videoLosses.reduce((sum, loss) => sum + loss, 0) / 4, 12);
  // Of the score 0: 3, of 0.125: 1, none true. Of 0.25: 1 of 2. Of 0.5: 1 of 2. Of 0.75: 3 of 4.
  expect(
    calibration.bins
      .filter(({ count }) => count > 0)
      .map(({ meanScore, frequency, count }) => [meanScore, frequency, count]),
  ).toEqual([
    [0, 0, 3],
    [0.125, 0, 1],
    [0.25, 1 / 2, 2],
    [0.5, 1 / 2, 2],
    [0.75, 3 / 4, 4],
  ]);
  expect(figures["calibration error"]).toBeCloseTo((0.125 + 2 * 0.25) / 12, 12);
});

test("a softmax that exceeds 1 in its last bit is a probability still", () => {
  const videos = [video([0], 1 + 2 ** -23, 0, 0)];
  const { calibration, videoLosses } = computeFigures({ ...report, head: "softmax", videos });
  expect(calibration.error).toBe(0);
  expect(videoLosses[0]).toBeCloseTo(0, 6);
});

test("videos are judged by the thresholds that they had no part in, where there are such", () => {
  const heldOutThresholds = [
    [0.75, 0.25, 0.5],
    [0.25, 0.75, 0.125],
  ] as const;
  const { headline, classes, mixUps } = computeFigures({ ...report, heldOutThresholds });
  const figures = Object.fromEntries(headline.map(({ name, value }) => [name, value]));
  // Even: a, b of the first video, b of the third. Odd: a, b of the second, a and c of the fourth.
  expect(classes.map(({ support, predicted, correct, threshold }) => [support, predicted, correct, threshold])).toEqual(
    [
      [3, 3, 3, 0.5],
      [2, 3, 1, 0.25],
      [0, 1, 0, 0.5],
    ],
  );
  expect(figures["micro F1"]).toBeCloseTo((2 * 4) / (5 + 7), 12);
  expect(figures["macro F1"]).toBeCloseTo((1 + 2 / 5 + 0) / 3, 12);
  expect(figures["mAP"]).toBe(computeFigures(report).headline.find(({ name }) => name === "mAP")?.value);
  expect(mixUps.pairs).toEqual([
    { present: 0, predicted: 1, videos: 2, of: 2 },
    { present: 1, predicted: 2, videos: 1, of: 2 },
    { present: 0, predicted: 2, videos: 1, of: 3 },
  ]);
});
