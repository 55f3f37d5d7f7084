import { expect, test } from "vitest";
import {
  AveragePrecision,
  CalibrationError,
  GlobalAveragePrecision,
  HitAtK,
  LabelRanking,
  MeanAveragePrecision,
  PrecisionAtEqualRecall,
  PrecisionRecallF1,
  ScoreTable,
  TaggingMetrics,
} from "../../src/metrics/index.ts";

interface Metric {
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void;
  result(): unknown;
}

/** Each metric for two classes, and the name that its errors begin with. */
const METRICS: readonly (readonly [string, () => Metric])[] = [
  ["HitAtK", () => new HitAtK([1])],
  ["PrecisionAtEqualRecall", () => new PrecisionAtEqualRecall()],
  ["GlobalAveragePrecision", () => new GlobalAveragePrecision()],
  ["MeanAveragePrecision", () => new MeanAveragePrecision({ numClasses: 2 })],
  ["LabelRanking", () => new LabelRanking()],
  ["PrecisionRecallF1", () => new PrecisionRecallF1(2)],
  ["CalibrationError", () => new CalibrationError()],
  ["ScoreTable", () => new AveragePrecision(2)],
  ["ScoreTable", () => new TaggingMetrics({ numClasses: 2 })],
];

const WITH_CLASSES = METRICS.filter(([name]) =>
  ["MeanAveragePrecision", "PrecisionRecallF1", "ScoreTable"].includes(name),
);

test.each(METRICS)("%s names the video and the class of a score NaN, and stays as it was", (name, create) => {
  const metric = create();
  metric.add([0.75, 0.25], [0]);
  const before = metric.result();
  expect(() => metric.add([0.5, Number.NaN], [0])).toThrow(
    new RangeError(`${name}: video 1 has the score NaN for class 1.`),
  );
  for (const outside of [2, -1, 0.5]) {
    expect(() => metric.add([0.5, 0.25], [0, outside])).toThrow(
      new RangeError(`${name}: video 1 has the true class ${outside}, but 2 scores.`),
    );
  }
  expect(metric.result()).toEqual(before);
});

test.each(METRICS)("%s counts a label once that is named twice", (_, create) => {
  const [once, twice] = [create(), create()];
  once.add([0.25, 0.75], [0]);
  once.add([0.25, 0.75], [1, 0]);
  twice.add([0.25, 0.75], [0, 0]);
  twice.add([0.25, 0.75], [1, 0, 1]);
  expect(twice.result()).toEqual(once.result());
});

test.each(WITH_CLASSES)("%s takes only as many scores as there are classes", (name, create) => {
  for (const scores of [[0.5], [0.5, 0.5, 0.5]]) {
    expect(() => create().add(scores, [0])).toThrow(
      new RangeError(`${name}: video 0 must have 2 scores. Got ${scores.length}.`),
    );
  }
});

test("videos without a label, and figures of nothing, are as documented", () => {
  const metrics = new TaggingMetrics({ numClasses: 2, hitsAt: [1] });
  const empty = metrics.result().figures;
  for (const name of ["Hit@1", "PERR", "mAP@20", "mAP", "micro AP", "samples F1", "label ranking AP", "coverage"]) {
    expect(empty[name], name).toBeNaN();
  }
  for (const name of ["GAP@20", "micro F1", "macro recall"]) expect(empty[name], name).toBe(0);
  metrics.add([0.1, 0.2], []);
  expect(metrics.result()).toEqual({
    videos: 1,
    figures: {
      "Hit@1": 0,
      PERR: 0,
      "GAP@20": 0,
      "mAP@20": Number.NaN,
      mAP: Number.NaN,
      "micro AP": Number.NaN,
      ...Object.fromEntries(
        ["micro", "macro", "samples"].flatMap((average) =>
          ["precision", "recall", "F1"].map((figure) => [`${average} ${figure}`, 0]),
        ),
      ),
      "label ranking AP": 1,
      "ranking loss": 0,
      coverage: 0,
    },
    classes: new Array(2).fill({
      support: 0,
      predicted: 0,
      correct: 0,
      precision: 0,
      recall: 0,
      f1: 0,
      averagePrecision: Number.NaN,
    }),
  });
});

test("infinite scores are ranked like any other", () => {
  const scores = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  const metrics = new TaggingMetrics({ numClasses: 3, hitsAt: [1] });
  metrics.add(scores, [1]);
  metrics.add(scores, [1]);
  const { figures } = metrics.result();
  for (const name of ["Hit@1", "PERR", "GAP@20", "mAP", "micro AP", "label ranking AP", "coverage"]) {
    expect(figures[name], name).toBe(1);
  }
});

test("options that cannot be are refused at once", () => {
  const count = "must be a whole number of 1 or more. Got 0.";
  expect(() => new TaggingMetrics({ numClasses: 0 })).toThrow(`TaggingMetrics: numClasses ${count}`);
  expect(() => new TaggingMetrics({ numClasses: 2, hitsAt: [0] })).toThrow(`HitAtK: k ${count}`);
  expect(() => new TaggingMetrics({ numClasses: 2, topK: 0 })).toThrow(`GlobalAveragePrecision: k ${count}`);
  expect(() => new GlobalAveragePrecision({ topN: 0 })).toThrow(`GlobalAveragePrecision: topN ${count}`);
  expect(() => new MeanAveragePrecision({ numClasses: 0 })).toThrow(`MeanAveragePrecision: numClasses ${count}`);
  expect(() => new MeanAveragePrecision({ numClasses: 1, k: 0 })).toThrow(`MeanAveragePrecision: k ${count}`);
  expect(() => new MeanAveragePrecision({ numClasses: 1, topN: 0 })).toThrow(`MeanAveragePrecision: topN ${count}`);
  expect(() => new PrecisionRecallF1(0)).toThrow(`PrecisionRecallF1: numClasses ${count}`);
  expect(() => new CalibrationError(0)).toThrow(`CalibrationError: bins ${count}`);
  const thresholds = "PrecisionRecallF1: thresholds must be a number, or one for each of 2 classes. Got ";
  expect(() => new PrecisionRecallF1(2, [0.5])).toThrow(`${thresholds}0.5.`);
  expect(() => new PrecisionRecallF1(2, [0.5, Number.NaN])).toThrow(`${thresholds}0.5,NaN.`);
  expect(() => new ScoreTable(2).video(0)).toThrow("ScoreTable: video 0 is not one of 0.");
  expect(() => new ScoreTable(2).column(2)).toThrow("ScoreTable: class 2 is not one of 2.");
});
