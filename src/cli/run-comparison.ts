import { MismatchError } from "../core/errors.ts";
import type { RandomStream } from "../core/random-stream.ts";
import { normalizationNote } from "../formats/normalization.ts";
import { bestEpoch, type RunEpoch } from "../formats/run-metrics.ts";
import { HitAtK } from "../metrics/hit-at-k.ts";
import { mcNemarTest, type PairedBootstrapResult, pairedBootstrap } from "../metrics/significance.ts";
import { TaggingMetrics } from "../metrics/tagging-metrics.ts";
import type { RunScores, RunVideo } from "../runs/run-scores.ts";

/** A run as its folder tells it. */
export interface Run extends RunScores {
  readonly name: string;
  readonly epochs: readonly RunEpoch[];
}

/** Runs measured on the videos that all of them scored. */
export interface RunComparison {
  /** How many videos that are. */
  readonly videos: number;
  readonly runs: readonly RunFigures[];
  /** Each run but the first, against the first. */
  readonly differences: readonly RunDifference[];
}

export interface RunFigures {
  readonly run: string;
  /** From 1; undefined when no epoch was the best. */
  readonly bestEpoch: number | undefined;
  /** Videos of this run that not every other run has scored. */
  readonly leftOut: number;
  /** `Hit@k`, `GAP@20` and `mAP`, by name. */
  readonly figures: ReadonlyMap<string, number>;
}

/** The difference of two runs' Hit@1, video by video. */
export interface RunDifference {
  readonly run: string;
  readonly first: string;
  /** Hit@1 of the run less that of the first, with its 95 % interval. */
  readonly hitAt1: Pick<PairedBootstrapResult, "difference" | "lower" | "upper">;
  /** Videos that this run alone hits, and that the first run alone hits. */
  readonly onlyRun: number;
  readonly onlyFirst: number;
  /** McNemar's. */
  readonly pValue: number;
}

/**
 * Compares runs on the videos that all of them have, found by name. Their label lists must be the same; videos that not
 * all have are left out and counted.
 *
 * @param random draws the bootstrap's resamples
 * @throws MismatchError when the labels differ, a name comes twice, no video is common, or a video's labels differ
 */
export function compareRuns(runs: readonly [Run, ...Run[]], random: RandomStream): RunComparison {
  const [first, ...others] = runs;
  for (const other of others) expectSameLabels(first, other);
  const byName = runs.map(videosByName);
  const names = [...(byName[0]?.keys() ?? [])].filter((name) => byName.every((videos) => videos.has(name)));
  if (names.length === 0) throw new MismatchError(`${listOf(runs)}: no video is in all of them.`);
  const common = byName.map((videos) => names.map((name) => videos.get(name) as RunVideo));
  for (const [index, videos] of common.entries()) {
    if (index > 0) expectSameTruth(first.name, common[0] ?? [], runs[index]?.name ?? "", videos);
  }
  const hits = common.map((videos) => hitsAt1(videos));
  return {
    videos: names.length,
    runs: runs.map((run, index) => measure(run, common[index] ?? [], first)),
    differences: others.map((run, index) => {
      return differ(run.name, hits[index + 1] ?? [], first.name, hits[0] ?? [], random.fork(index));
    }),
  };
}

function measure(run: Run, videos: readonly RunVideo[], first: Run): RunFigures {
  const ks = Object.keys(bestEpoch(first.epochs)?.valid.hitAtK ?? {}).map(Number);
  const metrics = new TaggingMetrics({ numClasses: run.labels.length, ...(ks.length > 0 && { hitsAt: ks }) });
  for (const { scores, classes } of videos) metrics.add(scores, classes);
  const { figures } = metrics.result();
  const names = [...Object.keys(figures).filter((name) => name.startsWith("Hit@")), "GAP@20", "mAP"];
  return {
    run: run.name,
    bestEpoch: bestEpoch(run.epochs)?.epoch,
    leftOut: run.videos.length - videos.length,
    figures: new Map(names.map((name) => [name, figures[name] as number])),
  };
}

function differ(
  run: string,
  hits: readonly number[],
  first: string,
  firstHits: readonly number[],
  random: RandomStream,
): RunDifference {
  const { difference, lower, upper } = pairedBootstrap(hits, firstHits, random);
  const { onlyFirst: onlyRun, onlySecond: onlyFirst, pValue } = mcNemarTest(hits, firstHits);
  return { run, first, hitAt1: { difference, lower, upper }, onlyRun, onlyFirst, pValue };
}

/** 1 for each video whose highest score is that of a true label. */
function hitsAt1(videos: readonly RunVideo[]): number[] {
  return videos.map(({ scores, classes }) => {
    const hit = new HitAtK([1]);
    hit.add(scores, classes);
    return hit.result().get(1) as number;
  });
}

function expectSameLabels(first: Run, other: Run): void {
  const [count, otherCount] = [first.labels.length, other.labels.length];
  if (count !== otherCount) {
    throw new MismatchError(`${other.name}: expected the ${count} labels of ${first.name}. Got ${otherCount}.`);
  }
  const index = first.labels.findIndex((label, place) => label !== other.labels[place]);
  if (index === -1) return;
  const [label, otherLabel] = [first.labels[index], other.labels[index]];
  throw new MismatchError(
    `${other.name}: expected the labels of ${first.name}, of which label ${index} is ${label}. Got ${otherLabel}.` +
      normalizationNote(label as string, otherLabel as string),
  );
}

function videosByName({ name, videos }: Run): Map<string, RunVideo> {
  const byName = new Map<string, RunVideo>();
  for (const video of videos) {
    if (byName.has(video.video)) {
      throw new MismatchError(`${name}: the video ${video.video} comes twice, so that it cannot be found by its name.`);
    }
    byName.set(video.video, video);
  }
  return byName;
}

function expectSameTruth(
  firstName: string,
  firstVideos: readonly RunVideo[],
  name: string,
  videos: readonly RunVideo[],
): void {
  for (const [index, { video, classes }] of videos.entries()) {
    if (classes.join() === firstVideos[index]?.classes.join()) continue;
    throw new MismatchError(`${name}: the video ${video} has other true labels than in ${firstName}.`);
  }
}

function listOf(runs: readonly Run[]): string {
  return runs.map(({ name }) => name).join(", ");
}
