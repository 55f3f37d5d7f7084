import type { PlantedVideo, RowKind } from "../src/planted/planted-world.ts";
import { type AttentionMass, attentionMass } from "./measurement.ts";
import { ROWS, type RowName } from "./plan.ts";
import type { Result } from "./results.ts";

/** A world's results and the videos that they were measured on. */
export interface WorldResults {
  readonly world: number;
  readonly results: readonly Result[];
  readonly valid: readonly PlantedVideo[];
}

/** A mean, and the deviation of what it was taken of: of a sample (n - 1), NaN for one value. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** The rows of the plan that have results, in its order, with them. */
export function rowsWithResults({ results }: WorldResults): { readonly name: RowName; readonly own: Result[] }[] {
  return (Object.keys(ROWS) as RowName[])
    .map((name) => ({ name, own: ofRow(results, name) }))
    .filter(({ own }) => own.length > 0);
}

export function ofRow(results: readonly Result[], name: RowName): Result[] {
  return results.filter(({ row }) => row === name);
}

export function meanAndDeviation(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** Hit@k of some models. */
export function hitSpread(results: readonly Pick<Result, "hits">[], k: 1 | 2): Spread {
  return meanAndDeviation(results.map(({ hits }) => hitShare([...hits], k)));
}

/** Hit@1 of some models over the videos that are in a group. */
export function groupSpread(
  results: readonly Pick<Result, "hits">[],
  videos: readonly PlantedVideo[],
  isIn: (video: PlantedVideo) => boolean,
): Spread {
  const shares = results.map(({ hits }) => {
    const chosen = videos.flatMap((video, index) => (isIn(video) ? [hits[index] as string] : []));
    return hitShare(chosen, 1);
  });
  return meanAndDeviation(shares);
}

function hitShare(hits: readonly string[], k: 1 | 2): number {
  return hits.filter((hit) => hit === "1" || (k === 2 && hit === "2")).length / hits.length;
}

/** The mean of those that are there. */
export function meanMass(masses: readonly (AttentionMass | undefined)[]): AttentionMass | undefined {
  const given = masses.filter((mass) => mass !== undefined);
  if (given.length === 0) return undefined;
  const mean = (kind: RowKind): number => given.reduce((sum, mass) => sum + mass[kind], 0) / given.length;
  return { label: mean("label"), distractor: mean("distractor"), noise: mean("noise") };
}

/** What attention would find if it looked at every row alike: each kind's share of a video's rows, on average. */
export function rowShares(videos: readonly PlantedVideo[], modality: "image" | "audio"): AttentionMass | undefined {
  const kinds = videos.map(({ imageRows, audioRows }) => (modality === "image" ? imageRows : audioRows));
  return meanMass(
    kinds
      .filter(({ length }) => length > 0)
      .map((ofVideo) => attentionMass(new Array(ofVideo.length).fill(1 / ofVideo.length), ofVideo)),
  );
}
