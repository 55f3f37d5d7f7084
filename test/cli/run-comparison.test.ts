import { describe, expect, test } from "vitest";
import { compareRuns, type Run } from "../../src/cli/run-comparison.ts";
import { MismatchError } from "../../src/core/errors.ts";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { RunVideo } from "../../src/runs/run-scores.ts";

/** A video of the classes 0 and 1, with 0 true, that is hit or missed. */
const video = (name: string, isHit: boolean): RunVideo => {
  return { video: name, title: "", classes: [0], scores: Float32Array.of(isHit ? 0.75 : 0.25, 0.5) };
};
const valid = { loss: 1, videos: 4, hitAtK: { "1": 0.5, "2": 1 }, meanAveragePrecision: 0.5 };
const run = (name: string, videos: readonly RunVideo[], labels: readonly string[] = ["a", "b"]): Run => ({
  name,
  labels,
  videos,
  epochs: [
    { epoch: 1, learningRate: 1, loss: 1, valid, isBest: true },
    { epoch: 2, learningRate: 1, loss: 1, valid, isBest: false },
  ],
});
/** Twelve videos, the first `hits` of them hit. */
const twelve = (name: string, hits: number) =>
  run(
    name,
    Array.from({ length: 12 }, (_, index) => video(`v${index}`, index < hits)),
  );
const compare = (...runs: readonly [Run, ...Run[]]) => compareRuns(runs, new RandomStream(1));

describe("runs over the same videos", () => {
  const comparison = compare(twelve("first", 2), twelve("second", 10), twelve("third", 1));

  test("are measured each by its own scores", () => {
    expect(comparison.videos).toBe(12);
    expect(comparison.runs.map(({ run: name, bestEpoch, leftOut }) => [name, bestEpoch, leftOut])).toEqual([
      ["first", 1, 0],
      ["second", 1, 0],
      ["third", 1, 0],
    ]);
    expect(comparison.runs.map(({ figures }) => [...figures.keys()])).toEqual(
      Array.from({ length: 3 }, () => ["Hit@1", "Hit@2", "GAP@20", "mAP"]),
    );
    expect(comparison.runs.map(({ figures }) => figures.get("Hit@1"))).toEqual([2 / 12, 10 / 12, 1 / 12]);
    expect(comparison.runs.map(({ figures }) => figures.get("Hit@2"))).toEqual([1, 1, 1]);
  });

  test("differ from the first by their Hit@1, with McNemar's p and a bootstrap interval", () => {
    const [second, third] = comparison.differences;
    expect(second).toMatchObject({ run: "second", first: "first", onlyRun: 8, onlyFirst: 0 });
    expect(second?.hitAt1.difference).toBeCloseTo(8 / 12, 12);
    expect(second?.pValue).toBeCloseTo(2 * 0.5 ** 8, 12);
    // 8 of 12 draws in the mean, with a deviation of sqrt(12 * 2/3 * 1/3) = 1.63 of them.
    expect(second?.hitAt1.lower).toBeGreaterThanOrEqual(4 / 12);
    expect(second?.hitAt1.lower).toBeLessThanOrEqual(6 / 12);
    expect(second?.hitAt1.upper).toBeGreaterThanOrEqual(10 / 12);
    expect(second?.hitAt1.upper).toBeLessThanOrEqual(1);
    expect(third).toMatchObject({ run: "third", first: "first", onlyRun: 0, onlyFirst: 1, pValue: 1 });
    expect(third?.hitAt1.difference).toBeCloseTo(-1 / 12, 12);
  });

  test("give the same again", () => {
    expect(compare(twelve("first", 2), twelve("second", 10), twelve("third", 1))).toEqual(comparison);
  });
});

test("one run is measured, and there is nothing to compare it with", () => {
  const { runs, differences } = compare(twelve("alone", 3));
  expect(runs.map(({ figures }) => figures.get("Hit@1"))).toEqual([0.25]);
  expect(differences).toEqual([]);
});

test("only common videos count, whatever their order, and the others are counted", () => {
  const first = run("first", [video("x", true), video("a", true), video("b", false), video("c", true)]);
  const second = run("second", [video("b", true), video("c", true), video("y", false), video("a", false)]);
  const third = run("third", [video("a", true), video("b", true), video("c", true)]);
  const { videos, runs, differences } = compare(first, second, third);
  expect(videos).toBe(3);
  expect(runs.map(({ leftOut }) => leftOut)).toEqual([1, 1, 0]);
  expect(runs.map(({ figures }) => figures.get("Hit@1"))).toEqual([2 / 3, 2 / 3, 1]);
  expect(differences.map(({ onlyRun, onlyFirst }) => [onlyRun, onlyFirst])).toEqual([
    [1, 1],
    [1, 0],
  ]);
});

test("a run without a best epoch is compared by the usual figures", () => {
  const { runs } = compare({ ...twelve("new", 3), epochs: [] });
  expect(runs[0]?.bestEpoch).toBeUndefined();
  expect([...(runs[0]?.figures.keys() ?? [])].slice(0, 4)).toEqual(["Hit@1", "Hit@2", "Hit@3", "Hit@5"]);
});

describe("runs that cannot be compared are a sentence", () => {
  const first = run("first", [video("v", true)]);
  test.each<[string, Run, string]>([
    ["more labels", run("other", [], ["a", "b", "c"]), "other: expected the 2 labels of first. Got 3."],
    [
      "other labels",
      run("other", [video("v", true)], ["a", "c"]),
      "other: expected the labels of first, of which label 1 is b. Got c.",
    ],
    ["no common video", run("other", [video("w", true)]), "first, other: no video is in all of them."],
    [
      "a video twice",
      run("other", [video("v", true), video("v", true)]),
      "other: the video v comes twice, so that it cannot be found by its name.",
    ],
    [
      "other true labels",
      run("other", [{ ...video("v", true), classes: [0, 1] }]),
      "other: the video v has other true labels than in first.",
    ],
  ])("%s", (_, other, sentence) => {
    expect(() => compare(first, other)).toThrow(new MismatchError(sentence));
  });
});
