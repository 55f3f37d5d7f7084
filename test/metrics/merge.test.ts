import fc from "fast-check";
import { expect, test } from "vitest";
import { ExactSum } from "../../src/metrics/exact-sum.ts";
import {
  AveragePrecision,
  CalibrationError,
  GlobalAveragePrecision,
  HitAtK,
  LabelRanking,
  MeanAveragePrecision,
  PrecisionAtEqualRecall,
  PrecisionRecallF1,
  TaggingMetrics,
} from "../../src/metrics/index.ts";

const CLASSES = 4;

interface Metric {
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void;
  merge(other: this): void;
  result(): unknown;
}

const METRICS: readonly (readonly [string, () => Metric])[] = [
  ["HitAtK", () => new HitAtK([1, 3])],
  ["PrecisionAtEqualRecall", () => new PrecisionAtEqualRecall()],
  ["GlobalAveragePrecision", () => new GlobalAveragePrecision({ k: 3 })],
  ["GlobalAveragePrecision with topN", () => new GlobalAveragePrecision({ k: 3, topN: 5 })],
  ["MeanAveragePrecision", () => new MeanAveragePrecision({ numClasses: CLASSES, k: 3 })],
  ["MeanAveragePrecision with topN", () => new MeanAveragePrecision({ numClasses: CLASSES, topN: 2 })],
  ["LabelRanking", () => new LabelRanking()],
  ["PrecisionRecallF1", () => new PrecisionRecallF1(CLASSES, [0.25, 0.5, 0.5, 0.75])],
  ["CalibrationError", () => new CalibrationError(3)],
  ["AveragePrecision", () => new AveragePrecision(CLASSES)],
  ["TaggingMetrics", () => new TaggingMetrics({ numClasses: CLASSES })],
];

/** Few different scores, so that ties are common, and some whose sums round. */
const score = fc.oneof(fc.constantFrom(0, 0.1, 0.25, 0.5, 0.7, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const video = fc.record({
  scores: fc.array(score, { minLength: CLASSES, maxLength: CLASSES }),
  trueClasses: fc.uniqueArray(fc.integer({ min: 0, max: CLASSES - 1 })),
});

test.each(METRICS)("%s of two parts merges into exactly that of one pass", (_, create) => {
  const parts = fc.array(fc.array(video, { maxLength: 40 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(parts, (videosOfParts) => {
      const whole = create();
      const merged = create();
      for (const videos of videosOfParts) {
        const part = create();
        for (const { scores, trueClasses } of videos) {
          whole.add(scores, trueClasses);
          part.add(scores, trueClasses);
        }
        const before = part.result();
        merged.merge(part);
        expect(part.result(), "the part stays as it was").toEqual(before);
      }
      expect(merged.result()).toEqual(whole.result());
    }),
  );
});

test.each(METRICS)("%s merges with itself", (_, create) => {
  const [metric, twice] = [create(), create()];
  for (const scores of [
    [0.1, 0.2, 0.3, 0.4],
    [0.5, 0.1, 0.9, 0.2],
  ]) {
    metric.add(scores, [1, 2]);
  }
  for (let round = 0; round < 2; round++) {
    twice.add([0.1, 0.2, 0.3, 0.4], [1, 2]);
    twice.add([0.5, 0.1, 0.9, 0.2], [1, 2]);
  }
  metric.merge(metric);
  expect(metric.result()).toEqual(twice.result());
});

test("metrics of other options do not merge", () => {
  expect(() => new HitAtK([1, 2]).merge(new HitAtK([1]))).toThrow(
    new RangeError("HitAtK: ks must be the same in both to merge. Got 1,2 and 1."),
  );
  const wrong: readonly (readonly [() => void, string])[] = [
    [() => new GlobalAveragePrecision().merge(new GlobalAveragePrecision({ k: 3 })), "k"],
    [() => new GlobalAveragePrecision({ topN: 4 }).merge(new GlobalAveragePrecision()), "topN"],
    [() => mean({}).merge(mean({ k: 3 })), "k"],
    [() => mean({}).merge(mean({ topN: 3 })), "topN"],
    [() => mean({}).merge(new MeanAveragePrecision({ numClasses: 3 })), "numClasses"],
    [() => new PrecisionRecallF1(2).merge(new PrecisionRecallF1(3)), "numClasses"],
    [() => new PrecisionRecallF1(2, 0.5).merge(new PrecisionRecallF1(2, 0.4)), "thresholds"],
    [() => new CalibrationError(3).merge(new CalibrationError()), "bins"],
    [() => new AveragePrecision(2).merge(new AveragePrecision(3)), "numClasses"],
  ];
  for (const [merge, option] of wrong) expect(merge).toThrow(`: ${option} must be the same in both to merge. Got `);
});

function mean(options: { readonly k?: number; readonly topN?: number }): MeanAveragePrecision {
  return new MeanAveragePrecision({ numClasses: 2, ...options });
}

test("an exact sum is rounded once, whatever the order", () => {
  const sumOf = (values: readonly number[]): number => {
    const sum = new ExactSum();
    for (const value of values) sum.add(value);
    return sum.value;
  };
  expect(sumOf([])).toBe(0);
  expect(sumOf(Array(10).fill(0.1))).toBe(1); // 0.9999999999999999 when added one after the other
  expect(sumOf([1e100, 1, -1e100, 2 ** -40])).toBe(1 + 2 ** -40);
  // Half of a last bit goes to the even side, unless something below it decides.
  expect(sumOf([1, 2 ** -53])).toBe(1);
  expect(sumOf([1, 2 ** -53, 2 ** -200])).toBe(1 + 2 ** -52);
  expect(sumOf([1, -(2 ** -54), -(2 ** -200)])).toBe(1 - 2 ** -53);
  const values = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), { maxLength: 20 });
  fc.assert(
    fc.property(values, (list) => {
      expect(sumOf([...list].reverse())).toBe(sumOf(list));
      expect(sumOf([...list].sort((a, b) => a - b))).toBe(sumOf(list));
    }),
  );
});

test("exact sums are those of whole numbers of many digits", () => {
  const terms = fc.array(
    fc.record({ digits: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), exponent: fc.integer({ min: 0, max: 120 }) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(terms, (list) => {
      const sum = new ExactSum();
      let whole = 0n;
      for (const { digits, exponent } of list) {
        sum.add(digits * 2 ** exponent);
        whole += BigInt(digits) * 2n ** BigInt(exponent);
      }
      expect(sum.value).toBe(Number(whole));
    }),
  );
});
