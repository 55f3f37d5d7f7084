import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { mcNemarTest, pairedBootstrap } from "../../src/metrics/index.ts";
import { complementaryErrorFunction } from "../../src/metrics/significance.ts";
import { scikitLearn } from "../support/scikit-learn-metrics.ts";

/** Right or wrong of two models, by how often both, only the first, only the second and neither are right. */
function outcomes([both, onlyFirst, onlySecond, neither]: readonly number[]): [boolean[], number[]] {
  const repeat = <T>(count: number | undefined, value: T) => new Array<T>(count as number).fill(value);
  return [
    [...repeat(both, true), ...repeat(onlyFirst, true), ...repeat(onlySecond, false), ...repeat(neither, false)],
    [...repeat(both, 1), ...repeat(onlyFirst, 0), ...repeat(onlySecond, 1), ...repeat(neither, 0)],
  ];
}

test.each(scikitLearn.mcnemar)("McNemar's p-value of $counts", ({ counts, p_value: expected }) => {
  const [, onlyFirst, onlySecond] = counts;
  const result = mcNemarTest(...outcomes(counts));
  expect(result).toMatchObject({ onlyFirst, onlySecond });
  expect(Math.abs(result.pValue / expected - 1)).toBeLessThan(1e-11);
  const exact = onlyFirst + onlySecond < 25;
  expect(result.method).toBe(exact ? "exact binomial" : "chi-square with continuity correction");
});

test("McNemar's p-value is 1 where the models agree, or disagree as often in both directions", () => {
  expect(mcNemarTest([1, 0], [1, 0])).toEqual({ onlyFirst: 0, onlySecond: 0, pValue: 1, method: "exact binomial" });
  expect(mcNemarTest([], []).pValue).toBe(1);
  expect(mcNemarTest(...outcomes([0, 30, 30, 0])).pValue).toBe(1);
  expect(() => mcNemarTest([1], [])).toThrow("mcNemarTest: both models must have the same videos. Got 1 and 0.");
});

test("the complementary error function has SciPy's digits", () => {
  const expectations = [
    [0, 1],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [1.9999, 0.00467980209297061],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [10, 2.088487583762545e-45],
  ] as const;
  for (const [x, expected] of expectations) {
    expect(Math.abs(complementaryErrorFunction(x) / expected - 1), `${x}`).toBeLessThan(1e-12);
  }
});

test("the paired bootstrap resamples differences and counts those as far from their mean", () => {
  let drawn = 0;
  const draws = [0, 0, 1, 1, 0, 1, 1, 0];
  const random = { nextInteger: () => draws[drawn++ % draws.length] as number };
  // Differences of 1 and 3; the resampled means are 1, 3, 2 and 2 about the observed 2.
  const result = pairedBootstrap([2, 5], [1, 2], random, { resamples: 4, confidence: 0.5 });
  expect(result).toEqual({ difference: 2, lower: 1.75, upper: 2.25, pValue: 1 / 5 });
});

test("the paired bootstrap agrees with the t-test's normal limit, either way round", () => {
  const random = new RandomStream(2);
  const second = Float64Array.from({ length: 500 }, () => random.nextNormal());
  const differences = second.map(() => 0.1 + random.nextNormal());
  const first = second.map((value, video) => value + (differences[video] as number));
  const mean = differences.reduce((sum, value) => sum + value, 0) / 500;
  const error = Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / 500;
  const expected = complementaryErrorFunction(mean / error / Math.SQRT2);
  const result = pairedBootstrap(first, second, new RandomStream(3), { resamples: 4000 });
  expect(result.difference).toBeCloseTo(mean, 12);
  expect(Math.abs(result.pValue - expected)).toBeLessThan(0.015);
  expect(Math.abs(result.lower - (mean - 1.96 * error))).toBeLessThan(0.1 * error);
  expect(Math.abs(result.upper - (mean + 1.96 * error))).toBeLessThan(0.1 * error);
  const turned = pairedBootstrap(second, first, new RandomStream(3), { resamples: 4000 });
  expect(turned.difference).toBeCloseTo(-mean, 12);
  expect(turned.pValue).toBe(result.pValue);
});

test("equal values have the p-value 1, and what cannot be compared is named", () => {
  const random = new RandomStream(1);
  expect(pairedBootstrap([1, 2, 3], [1, 2, 3], random)).toEqual({ difference: 0, lower: 0, upper: 0, pValue: 1 });
  expect(() => pairedBootstrap([1], [1, 2], random)).toThrow(
    "pairedBootstrap: both models must have the same videos. Got 1 and 2.",
  );
  expect(() => pairedBootstrap([], [], random)).toThrow("pairedBootstrap: there must be a video at least. Got none.");
  expect(() => pairedBootstrap([1, Number.NaN], [1, 2], random)).toThrow(
    "pairedBootstrap: video 1 must have finite values. Got NaN and 2.",
  );
});
