import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { bootstrapIntervals, PrecisionAtEqualRecall, ScoreTable, TaggingMetrics } from "../../src/metrics/index.ts";

/** Draws these numbers again and again. */
function drawing(numbers: readonly number[]) {
  let drawn = 0;
  return { nextInteger: () => numbers[drawn++ % numbers.length] as number };
}

function meanScore(videos: Iterable<{ readonly scores: ArrayLike<number> }>): { mean: number } {
  const scores = Array.from(videos, (video) => video.scores[0] as number);
  return { mean: scores.reduce((sum, score) => sum + score, 0) / scores.length };
}

function tableOf(scores: readonly number[]): ScoreTable {
  const table = new ScoreTable(1);
  for (const score of scores) table.add([score], []);
  return table;
}

test("measures the videos drawn, and interpolates the quantiles of what comes out", () => {
  const table = tableOf([0, 4, 8]);
  // Five resamples with the means 0, 4, 8, 4 and 0.
  const random = drawing([0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 1, 2, 0, 0, 0]);
  const { mean } = bootstrapIntervals(table, meanScore, random, { resamples: 5, confidence: 0.75 });
  // Sorted 0, 0, 4, 4, 8; the places are 0.125 * 4 and 0.875 * 4.
  expect(mean).toEqual({ lower: 0, upper: 6 });
});

test("leaves out resamples whose figure is NaN", () => {
  const table = tableOf([0, 4]);
  const measure = (videos: Parameters<typeof meanScore>[0]) => {
    const { mean } = meanScore(videos);
    return { sometimes: mean === 0 ? Number.NaN : mean, never: Number.NaN };
  };
  const intervals = bootstrapIntervals(table, measure, drawing([0, 0, 0, 1, 1, 1]), { resamples: 3 });
  expect(intervals.sometimes.lower).toBeCloseTo(2.05, 12);
  expect(intervals.sometimes.upper).toBeCloseTo(3.95, 12);
  expect(intervals.never).toEqual({ lower: Number.NaN, upper: Number.NaN });
});

test("the interval of a mean is that of the normal approximation, and depends on the stream alone", () => {
  const random = new RandomStream(3);
  const scores = Float32Array.from({ length: 400 }, () => random.next());
  const table = tableOf([...scores]);
  const mean = scores.reduce((sum, score) => sum + score, 0) / 400;
  const error = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)) / 400;
  const interval = () => bootstrapIntervals(table, meanScore, new RandomStream(4), { resamples: 2000 }).mean;
  const { lower, upper } = interval();
  expect(Math.abs(lower - (mean - 1.96 * error))).toBeLessThan(0.15 * error);
  expect(Math.abs(upper - (mean + 1.96 * error))).toBeLessThan(0.15 * error);
  expect(interval()).toEqual({ lower, upper });
});

test("a collection gives an interval for every figure, as its metrics alone do", () => {
  const random = new RandomStream(5);
  const metrics = new TaggingMetrics({ numClasses: 6, topK: 3 });
  for (let video = 0; video < 30; video++) {
    metrics.add(
      Float32Array.from({ length: 6 }, () => random.next()),
      [random.nextInteger(6), random.nextInteger(6)],
    );
  }
  const options = { resamples: 40, confidence: 0.9 };
  const intervals = metrics.intervals(new RandomStream(6), options);
  expect(Object.keys(intervals)).toEqual(Object.keys(metrics.result().figures));
  const alone = bootstrapIntervals(
    metrics.table,
    (videos) => {
      const metric = new PrecisionAtEqualRecall();
      for (const { scores, trueClasses } of videos) metric.add(scores, trueClasses);
      return { PERR: metric.result() };
    },
    new RandomStream(6),
    options,
  );
  expect(intervals["PERR"]).toEqual(alone.PERR);
  for (const [name, { lower, upper }] of Object.entries(intervals)) expect(lower, name).toBeLessThan(upper);
});

test("says what it cannot resample", () => {
  const random = drawing([0]);
  expect(() => bootstrapIntervals(tableOf([]), meanScore, random)).toThrow(
    "bootstrapIntervals: there must be a video at least. Got none.",
  );
  expect(() => bootstrapIntervals(tableOf([1]), meanScore, random, { resamples: 0 })).toThrow(
    "bootstrapIntervals: resamples must be a whole number of 1 or more. Got 0.",
  );
  for (const confidence of [0, 1, Number.NaN]) {
    expect(() => bootstrapIntervals(tableOf([1]), meanScore, random, { confidence })).toThrow(
      `bootstrapIntervals: confidence must lie between 0 and 1. Got ${confidence}.`,
    );
  }
});
