import { expect, test } from "vitest";
import { compareRows } from "../../ablation/comparison.ts";
import type { Result } from "../../ablation/results.ts";
import { RandomStream } from "../../src/core/random-stream.ts";

function model(seed: number, hits: string): Result {
  return { seed, hits } as Result;
}

test("pairs the models of a seed, and counts the videos that only one of them hits", () => {
  const better = [model(1, "11-2"), model(2, "1-11"), model(9, "1111")];
  const worse = [model(2, "1---"), model(1, "-2-1")];
  const comparison = compareRows(better, worse);
  // Seed 1: two wins, one loss, 2 hits against 1. Seed 2: two wins. Seed 9 has no partner.
  expect(comparison).toMatchObject({ seeds: 2, points: 37.5, wins: 4, losses: 1, seedsWon: 2 });
  // Two-sided exact tests of 2 : 1 and of 2 : 0 give 1 and 0.5.
  expect(comparison?.worstP).toBe(1);
  expect(compareRows([model(1, "1")], [model(2, "1")])).toBeUndefined();
  expect(compareRows(worse, better)).toMatchObject({ points: -37.5, wins: 1, losses: 4, seedsWon: 0 });
});

test("the interval is that of the videos where the seeds agree", () => {
  const random = new RandomStream(4);
  const draw = (chance: number): string => (random.next() < chance ? "1" : "-");
  const [better, worse] = [0.6, 0.5].map((chance) => Array.from({ length: 500 }, () => draw(chance))) as [
    string[],
    string[],
  ];
  const differences = better.map((hit, video) => Number(hit === "1") - Number(worse[video] === "1"));
  const mean = differences.reduce((sum, value) => sum + value, 0) / 500;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 500;
  const half = 2.576 * Math.sqrt(variance / 500);
  const models = (hits: string[]): Result[] => [1, 2, 3].map((seed) => model(seed, hits.join("")));
  const interval = compareRows(models(better), models(worse))?.interval;
  // 0.3 points are what 10,000 resamples leave to chance at this end.
  expect(Math.abs((interval?.lower as number) - 100 * (mean - half))).toBeLessThan(0.4);
  expect(Math.abs((interval?.upper as number) - 100 * (mean + half))).toBeLessThan(0.4);
});

test("the interval is that of the seeds where the videos agree", () => {
  const [all, none] = ["1".repeat(50), "-".repeat(50)];
  // One seed gains everything, two nothing: three draws of them give 0 to 3 gains, each end with a chance above 0.5 %.
  const better = [model(1, all), model(2, none), model(3, none)];
  const worse = [1, 2, 3].map((seed) => model(seed, none));
  expect(compareRows(better, worse)).toMatchObject({ interval: { lower: 0, upper: 100 }, seedsWon: 1 });
});
