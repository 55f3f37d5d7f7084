import { expectCount } from "./checked-video.ts";
import type { ScoredVideo, ScoreTable } from "./score-table.ts";

/** Where chance comes from: a RandomStream, or anything that draws a whole number uniformly from [0, bound). */
export interface RandomIntegers {
  nextInteger(bound: number): number;
}

export interface BootstrapOptions {
  /** 1000 unless told. */
  readonly resamples?: number;
  /** The chance that an interval holds what it is about; 0.95 unless told. */
  readonly confidence?: number;
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Bootstrap confidence intervals of any figures of a metric: videos are drawn with replacement, as many as there are, and
 * measured anew; an interval reaches from the (1 - confidence) / 2 quantile of the resampled figures to the
 * (1 + confidence) / 2 quantile (the percentile method, quantiles interpolated linearly). Resamples in which a figure is
 * NaN are left out of its interval; when it is never a number the interval is NaN.
 *
 * @param measure the figures of some videos, for example `(videos) => { const metric = new PrecisionAtEqualRecall();
 *   for (const { scores, trueClasses } of videos) metric.add(scores, trueClasses); return { PERR: metric.result() }; }`
 * @throws RangeError when the table is empty, or an option is out of its range
 * @see Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13
 */
export function bootstrapIntervals<Name extends string>(
  table: ScoreTable,
  measure: (videos: Iterable<ScoredVideo>) => Readonly<Record<Name, number>>,
  random: RandomIntegers,
  options: BootstrapOptions = {},
): Record<Name, Interval> {
  const { resamples, confidence } = checkedBootstrap("bootstrapIntervals", table.videos, options);
  const figures = Array.from({ length: resamples }, () => measure(resampled(table, random)));
  const names = Object.keys(figures[0] as object) as Name[];
  const intervals = names.map((name) => {
    const values = Float64Array.from(figures, (of) => of[name]).filter((value) => !Number.isNaN(value));
    return [name, percentileInterval(values, confidence)] as const;
  });
  return Object.fromEntries(intervals) as Record<Name, Interval>;
}

function* resampled(table: ScoreTable, random: RandomIntegers): Generator<ScoredVideo> {
  for (let drawn = 0; drawn < table.videos; drawn++) yield table.video(random.nextInteger(table.videos));
}

/** The options with their defaults. */
export function checkedBootstrap(
  name: string,
  videos: number,
  { resamples = 1000, confidence = 0.95 }: BootstrapOptions,
): Required<BootstrapOptions> {
  if (videos === 0) throw new RangeError(`${name}: there must be a video at least. Got none.`);
  expectCount(`${name}: resamples`, resamples);
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`${name}: confidence must lie between 0 and 1. Got ${confidence}.`);
  }
  return { resamples, confidence };
}

/** The middle share of the values; sorts them. */
export function percentileInterval(values: Float64Array, confidence: number): Interval {
  values.sort();
  return { lower: quantile(values, (1 - confidence) / 2), upper: quantile(values, (1 + confidence) / 2) };
}

function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  return low === high ? low : low + (high - low) * (place - Math.floor(place));
}
