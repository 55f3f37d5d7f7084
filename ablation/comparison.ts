import { RandomStream } from "../src/index.ts";
import { type Interval, percentileInterval } from "../src/metrics/bootstrap.ts";
import { mcNemarTest } from "../src/metrics/index.ts";
import type { Result } from "./results.ts";

/** Two rows of one world, model by model of the same seed. */
export interface Comparison {
  readonly seeds: number;
  /** Hit@1 of the better row less that of the worse one, in points, the mean over seeds. */
  readonly points: number;
  /** Of points, 99 %: the bootstrap over seeds and videos. */
  readonly interval: Interval;
  /** Videos that only one model of a pair hits, over all seeds. */
  readonly wins: number;
  readonly losses: number;
  readonly seedsWon: number;
  /** The largest of the seeds' two-sided p in McNemar's test. */
  readonly worstP: number;
}

const RESAMPLES = 10_000;
const CONFIDENCE = 0.99;

/** Compares the seeds that both rows have; undefined when there are none. */
export function compareRows(better: readonly Result[], worse: readonly Result[]): Comparison | undefined {
  const pairs = better.flatMap((first) => {
    const second = worse.find(({ seed }) => seed === first.seed);
    return second === undefined ? [] : [[hitsAt1(first), hitsAt1(second)] as const];
  });
  if (pairs.length === 0) return undefined;
  const tests = pairs.map(([first, second]) => mcNemarTest(first, second));
  const differences = pairs.map(([first, second]) => Int8Array.from(first, (hit, video) => hit - (second[video] ?? 0)));
  const means = differences.map((ofSeed) => 100 * mean(ofSeed));
  return {
    seeds: pairs.length,
    points: mean(means),
    interval: seedsAndVideosInterval(differences),
    wins: tests.reduce((sum, { onlyFirst }) => sum + onlyFirst, 0),
    losses: tests.reduce((sum, { onlySecond }) => sum + onlySecond, 0),
    seedsWon: means.filter((points) => points > 0).length,
    worstP: Math.max(...tests.map(({ pValue }) => pValue)),
  };
}

/** 1 for each video whose highest score is that of a true label, 0 for each other. */
function hitsAt1({ hits }: Result): Int8Array {
  return Int8Array.from(hits, (hit) => (hit === "1" ? 1 : 0));
}

/**
 * The bootstrap of a mean over two crossed samples: seeds are drawn with replacement, and videos, the same ones for every
 * seed. (The library's pairedBootstrap draws videos alone.)
 *
 * @param differences [seeds][videos]
 * @returns in points
 */
function seedsAndVideosInterval(differences: readonly Int8Array[]): Interval {
  const random = new RandomStream(0);
  const videos = differences[0]?.length as number;
  const means = new Float64Array(RESAMPLES).map(() => {
    const seeds = differences.map(() => differences[random.nextInteger(differences.length)] as Int8Array);
    let sum = 0;
    for (let drawn = 0; drawn < videos; drawn++) {
      const video = random.nextInteger(videos);
      for (const ofSeed of seeds) sum += ofSeed[video] as number;
    }
    return (100 * sum) / (videos * seeds.length);
  });
  return percentileInterval(means, CONFIDENCE);
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}
