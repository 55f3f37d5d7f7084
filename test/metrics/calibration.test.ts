import fc from "fast-check";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import {
  CalibrationError,
  fitPlattScaling,
  fitPlattScalings,
  fitTemperature,
  plattScaled,
  ScoreTable,
  temperatureScaled,
} from "../../src/metrics/index.ts";
import { sigmoid, softmax, softplus } from "../../src/metrics/logistic.ts";
import { numberedCases } from "../support/scikit-learn-metrics.ts";

function tableOf(rows: readonly (readonly number[])[], labels: readonly (readonly number[])[]): ScoreTable {
  const table = new ScoreTable((rows[0] as number[]).length);
  for (const [video, row] of rows.entries()) table.add(row, labels[video] as number[]);
  return table;
}

test.each(numberedCases)("finds the temperatures of case %i", (_, golden) => {
  const table = tableOf(golden.logits, golden.labels);
  for (const link of ["sigmoid", "softmax"] as const) {
    const error = Math.abs(fitTemperature(table, link) / golden.temperature[link] - 1);
    expect(error, link).toBeLessThan(1e-9);
  }
});

test.each(numberedCases)("finds the Platt scalings of case %i", (_, golden) => {
  const scalings = fitPlattScalings(tableOf(golden.logits, golden.labels));
  expect(scalings).toHaveLength(golden.num_classes);
  for (const [label, { slope, intercept, fitted }] of scalings.entries()) {
    const expected = golden.platt[label] as readonly [number, number] | null;
    expect(fitted).toBe(expected !== null);
    const [expectedSlope, expectedIntercept] = expected ?? [1, 0];
    expect(Math.abs(slope - expectedSlope), `slope ${label}`).toBeLessThan(1e-8);
    expect(Math.abs(intercept - expectedIntercept), `intercept ${label}`).toBeLessThan(1e-8);
  }
});

test.each(numberedCases)("finds the calibration error of case %i", (_, golden) => {
  const metric = new CalibrationError();
  for (const [video, row] of golden.scores.entries()) metric.add(row, golden.labels[video] as number[]);
  expect(Math.abs(metric.result().error - golden.calibration_error_15)).toBeLessThan(1e-9);
});

test("a temperature by which logits were multiplied is found again", () => {
  const random = new RandomStream(1);
  fc.assert(
    fc.property(fc.double({ min: 0.02, max: 50, noNaN: true }), (factor) => {
      const table = new ScoreTable(4);
      const scaled = new ScoreTable(4);
      for (let video = 0; video < 30; video++) {
        const logits = Array.from({ length: 4 }, () => 2 * random.nextNormal());
        const labels = [0, 1, 2, 3].filter((label) => random.next() < sigmoid(logits[label] as number));
        table.add(logits, labels);
        scaled.add(
          logits.map((logit) => logit * factor),
          labels,
        );
      }
      for (const link of ["sigmoid", "softmax"] as const) {
        const temperature = fitTemperature(table, link);
        const expected = Math.min(100, Math.max(0.01, temperature * factor));
        expect(Math.abs(fitTemperature(scaled, link) / expected - 1)).toBeLessThan(1e-9);
      }
    }),
    { numRuns: 30 },
  );
});

test("a temperature without an answer is a bound of the search, and 1 where nothing speaks", () => {
  const logits = [
    [2, -1],
    [3, -2],
    [4, -0.5],
  ] as const;
  for (const link of ["sigmoid", "softmax"] as const) {
    expect(fitTemperature(tableOf(logits, [[0], [0], [0]]), link)).toBe(0.01);
    expect(fitTemperature(tableOf(logits, [[1], [1], [1]]), link)).toBe(100);
    expect(fitTemperature(new ScoreTable(2), link)).toBe(1);
  }
  expect(fitTemperature(tableOf(logits, [[], [], []]), "softmax")).toBe(1);
  expect(() => fitTemperature(tableOf([[0, Number.NEGATIVE_INFINITY]], [[0]]), "sigmoid")).toThrow(
    "fitTemperature: video 0 has the logit -Infinity for class 1.",
  );
});

test("no neighbour of a Platt scaling has a smaller loss, whatever the scale and offset of the logits", () => {
  const samples = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.boolean()), { minLength: 2, maxLength: 20 });
  const scales = fc.constantFrom(1e-3, 1, 1e4);
  fc.assert(
    fc.property(samples, scales, fc.constantFrom(0, 1, -300), (drawn, scale, offset) => {
      const logits = drawn.map(([value]) => scale * (value + offset));
      const truths = drawn.map(([, truth]) => truth);
      const { slope, intercept, fitted } = fitPlattScaling(logits, truths);
      const positives = truths.filter((truth) => truth).length;
      const negatives = truths.length - positives;
      expect(fitted).toBe(positives > 0 && negatives > 0);
      if (!fitted) {
        expect([slope, intercept]).toEqual([1, 0]);
        return;
      }
      // In units of the drawn values, whose loss has the same shape for every scale and offset.
      const [unit, centre] = [slope * scale, intercept + slope * scale * offset];
      const loss = (a: number, b: number) =>
        drawn.reduce((sum, [value, truth]) => {
          const target = truth ? (positives + 1) / (positives + 2) : 1 / (negatives + 2);
          return sum + softplus(a * value + b) - target * (a * value + b);
        }, 0);
      for (const [a, b] of [
        [1e-4, 0],
        [-1e-4, 0],
        [0, 1e-4],
        [0, -1e-4],
      ] as const) {
        expect(loss(unit + a, centre + b)).toBeGreaterThanOrEqual(loss(unit, centre) - 1e-13);
      }
    }),
  );
});

test("Platt scaling of equal logits gives the smoothed share, and separated ones a finite slope", () => {
  const equal = fitPlattScaling([0.1, 0.1, 0.1], [true, false, false]);
  expect(equal.slope).toBe(0);
  // Of the targets 2/3, 1/4 and 1/4 the mean.
  expect(sigmoid(equal.intercept)).toBeCloseTo((2 / 3 + 1 / 4 + 1 / 4) / 3, 10);
  const separated = fitPlattScaling([-1e6, -2e6, 1e6, 2e6], [0, 0, 1, 1]);
  expect(separated.slope).toBeGreaterThan(0);
  expect(sigmoid(separated.slope * 2e6 + separated.intercept)).toBeLessThan(1);
});

test("Platt scaling says what it cannot use", () => {
  expect(() => fitPlattScaling([1], [])).toThrow("fitPlattScaling: 1 logits need as many truths. Got 0.");
  expect(() => fitPlattScaling([1, Number.NaN], [0, 1])).toThrow("fitPlattScaling: video 1 has the logit NaN.");
  expect(() => plattScaled([1, 2], [])).toThrow("plattScaled: 2 logits need as many scalings. Got 0.");
});

test("scaled logits become probabilities without overflow", () => {
  expect([...temperatureScaled([0, 2, -2000], 2, "sigmoid")]).toEqual([0.5, 1 / (1 + Math.exp(-1)), 0]);
  const [first, second, third] = temperatureScaled([2000, 2000 - 2 * Math.log(3), -2000], 2, "softmax");
  expect(first).toBeCloseTo(0.75, 12);
  expect(second).toBeCloseTo(0.25, 12);
  expect(third).toBe(0);
  expect(() => temperatureScaled([1], 0, "sigmoid")).toThrow("temperatureScaled: temperature must lie above 0. Got 0.");
  const scalings = [
    { slope: 2, intercept: -1, fitted: true },
    { slope: 1, intercept: 0, fitted: false },
  ];
  expect([...plattScaled([3, 0], scalings)]).toEqual([1 / (1 + Math.exp(-5)), 0.5]);
  expect([...softmax([1, 1])]).toEqual([0.5, 0.5]);
});

test("bins of equal width hold what falls into them", () => {
  const metric = new CalibrationError(4);
  metric.add([0, 0.25, 1], [2]);
  metric.add([0.375, 0.3125, 0.75], [0]);
  const { bins, error } = metric.result();
  expect(bins).toEqual([
    { lower: 0, upper: 0.25, count: 1, meanScore: 0, frequency: 0 },
    { lower: 0.25, upper: 0.5, count: 3, meanScore: 0.3125, frequency: 1 / 3 },
    { lower: 0.5, upper: 0.75, count: 0, meanScore: Number.NaN, frequency: Number.NaN },
    { lower: 0.75, upper: 1, count: 2, meanScore: 0.875, frequency: 0.5 },
  ]);
  expect(error).toBeCloseTo((3 * (1 / 3 - 0.3125) + 2 * 0.375) / 6, 12);
  expect(() => metric.add([0, 1.5, 0], [])).toThrow(
    "CalibrationError: video 2 must have probabilities. Got 1.5 for class 1.",
  );
  expect(metric.result()).toEqual({ bins, error });
  expect(new CalibrationError().result().bins).toHaveLength(15);
  expect(new CalibrationError().result().error).toBeNaN();
});
