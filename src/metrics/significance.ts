import type { RandomIntegers } from "./bootstrap.ts";
import { type BootstrapOptions, checkedBootstrap, type Interval, percentileInterval } from "./bootstrap.ts";

/** From this many disagreements on the chi-square approximation takes the place of the exact test. */
const EXACT_BELOW = 25;

export interface McNemarResult {
  /** Videos that only the first model has right. */
  readonly onlyFirst: number;
  /** Videos that only the second model has right. */
  readonly onlySecond: number;
  /** Two-sided: the chance of a difference as large if neither model were better. */
  readonly pValue: number;
  readonly method: "exact binomial" | "chi-square with continuity correction";
}

/**
 * McNemar's test of two models on the same videos, of which each is right or wrong (Hit@1, for example). Only the n =
 * onlyFirst + onlySecond videos on which they disagree count. With n below 25 it is exact: twice the chance of at most
 * min(onlyFirst, onlySecond) heads in n tosses, 1 at most. From 25 on it is the chance that chi-square with one degree
 * of freedom exceeds max(0, |onlyFirst - onlySecond| - 1)^2 / n.
 *
 * @param first [videos], 1 or true where the first model is right
 * @param second [videos], of the second
 * @throws RangeError when the lengths differ
 * @see McNemar (1947); Edwards (1948) for the correction
 */
export function mcNemarTest(first: ArrayLike<number | boolean>, second: ArrayLike<number | boolean>): McNemarResult {
  expectPairs("mcNemarTest", first, second);
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let video = 0; video < first.length; video++) {
    if (first[video] && !second[video]) onlyFirst++;
    if (second[video] && !first[video]) onlySecond++;
  }
  const disagreements = onlyFirst + onlySecond;
  if (disagreements < EXACT_BELOW) {
    const pValue = Math.min(1, 2 * chanceOfAtMost(Math.min(onlyFirst, onlySecond), disagreements));
    return { onlyFirst, onlySecond, pValue, method: "exact binomial" };
  }
  const distance = Math.max(0, Math.abs(onlyFirst - onlySecond) - 1);
  const pValue = complementaryErrorFunction(distance / Math.sqrt(2 * disagreements));
  return { onlyFirst, onlySecond, pValue, method: "chi-square with continuity correction" };
}

export interface PairedBootstrapResult extends Interval {
  /** mean(first) - mean(second); lower and upper bound it. */
  readonly difference: number;
  /** Two-sided: the chance of a difference as large if the means were equal. */
  readonly pValue: number;
}

/**
 * Paired bootstrap of the difference of two models' means over the same videos: videos are drawn with replacement, and both
 * models keep their values of each. The interval is the percentile one. The p-value shifts the resampled differences to
 * mean 0 and counts those at least as far from it as the observed one: (count + 1) / (resamples + 1).
 *
 * @param first [videos], a value a video (hit or miss, average precision, loss) of the first model
 * @param second [videos], of the second
 * @throws RangeError when the lengths differ, there is no video, a value is not finite, or an option is out of its range
 * @see Efron and Tibshirani, An Introduction to the Bootstrap, chapter 16
 */
export function pairedBootstrap(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  random: RandomIntegers,
  options: BootstrapOptions = {},
): PairedBootstrapResult {
  expectPairs("pairedBootstrap", first, second);
  if (typeof random?.nextInteger !== "function") throw new TypeError("pairedBootstrap: it needs a RandomStream.");
  const { resamples, confidence } = checkedBootstrap("pairedBootstrap", first.length, options);
  const differences = Float64Array.from(first, (value, video) => value - (second[video] as number));
  const unusable = differences.findIndex((value) => !Number.isFinite(value));
  if (unusable >= 0) {
    throw new RangeError(
      `pairedBootstrap: video ${unusable} must have finite values. Got ${first[unusable]} and ${second[unusable]}.`,
    );
  }
  const difference = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const means = new Float64Array(resamples).map(() => resampledMean(differences, random));
  // Rounding must not decide whether a resample that equals the observation is as far from its mean.
  const distance = Math.abs(difference) * (1 - 1e-12);
  const asFar = means.filter((mean) => Math.abs(mean - difference) >= distance).length;
  return { difference, ...percentileInterval(means, confidence), pValue: (asFar + 1) / (resamples + 1) };
}

function resampledMean(values: Float64Array, random: RandomIntegers): number {
  let sum = 0;
  for (let drawn = 0; drawn < values.length; drawn++) sum += values[random.nextInteger(values.length)] as number;
  return sum / values.length;
}

function expectPairs(name: string, first: ArrayLike<unknown>, second: ArrayLike<unknown>): void {
  if (typeof first?.length !== "number" || typeof second?.length !== "number") {
    throw new TypeError(`${name}: it needs two lists, of a value for each video.`);
  }
  if (first.length === second.length) return;
  throw new RangeError(`${name}: both models must have the same videos. Got ${first.length} and ${second.length}.`);
}

/** The chance of at most so many heads in some tosses of a fair coin. */
function chanceOfAtMost(heads: number, tosses: number): number {
  let ways = 1;
  let sum = 1;
  for (let count = 1; count <= heads; count++) {
    ways *= (tosses - count + 1) / count;
    sum += ways;
  }
  return sum / 2 ** tosses;
}

/**
 * erfc(x) for x of 0 or more, to a relative 1e-12: below 2 by the series of erf, from 2 on by the continued fraction.
 *
 * @see Abramowitz and Stegun, 7.1.6 and 7.1.14
 */
export function complementaryErrorFunction(x: number): number {
  const density = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2) {
    let sum = 0;
    let term = 2 * x;
    for (let order = 1; term > 1e-18; order++) {
      sum += term;
      term *= (2 * x * x) / (2 * order + 1);
    }
    return 1 - density * sum;
  }
  let fraction = x;
  for (let depth = 100; depth >= 1; depth--) fraction = x + depth / 2 / fraction;
  return density / fraction;
}
