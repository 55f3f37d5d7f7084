import type { LossWeights } from "../data/collate.ts";
import type { LabelledVideo } from "../inference/batch-tagger.ts";
import type { MultimodalTaggerConfig } from "../models/multimodal-tagger.ts";
import type { TrainingBatch } from "./batch-gradients.ts";

/** A part of a batch. */
export interface BatchShare {
  readonly batch: TrainingBatch;
  /** Where each of its videos stands in the whole. */
  readonly places: readonly number[];
}

/**
 * Deals a batch so that every share is about as much work: videos of similar length go together, and a share costs its
 * number of videos times its longest. The largest cost is as small as it can be made in this way.
 *
 * @param shares at most so many; a small batch gives fewer
 */
export function dealBatch(batch: TrainingBatch, config: MultimodalTaggerConfig, shares: number): BatchShare[] {
  const costs = batch.videos.map((video) => costOf(video, config));
  const order = [...costs.keys()].sort((a, b) => (costs[b] as number) - (costs[a] as number));
  const sorted = order.map((index) => costs[index] as number);
  return cutEvenly(sorted, shares).map(([begin, end]) => {
    const places = order.slice(begin, end);
    return { batch: part(batch, places), places };
  });
}

/** Multiplications that a video's sequences need, in the LSTMs alone: they are most of it. */
function costOf(video: LabelledVideo, config: MultimodalTaggerConfig): number {
  return (["image", "audio"] as const).reduce((cost, modality) => {
    const { featureSize = 0, units = 0 } = config[modality] ?? {};
    return cost + (video[modality]?.rows ?? 0) * units * (featureSize + units);
  }, 1);
}

/**
 * Cuts a falling list into ranges, each of the cost `length * first value`, so that the largest cost is smallest.
 *
 * @returns [begin, end) of each range, none of them empty
 */
function cutEvenly(costs: readonly number[], ranges: number): [number, number][] {
  const count = costs.length;
  // best[end]: the least cost of the first `end` values in as many ranges as rounds were done; from: the last range's begin.
  let best = Array.from({ length: count + 1 }, (_, end) => (costs[0] ?? 0) * end);
  const from: number[][] = [new Array(count + 1).fill(0)];
  for (let round = 1; round < Math.min(ranges, count); round++) {
    const begins = new Array<number>(count + 1).fill(0);
    const next = new Array<number>(count + 1).fill(Number.POSITIVE_INFINITY);
    for (let end = round + 1; end <= count; end++) {
      for (let begin = round; begin < end; begin++) {
        const cost = Math.max(best[begin] as number, (costs[begin] as number) * (end - begin));
        if (cost < (next[end] as number)) [next[end], begins[end]] = [cost, begin];
      }
    }
    best = next;
    from.push(begins);
  }
  const cuts: [number, number][] = [];
  for (let end = count, round = from.length - 1; round >= 0; round--) {
    const begin = from[round]?.[end] as number;
    cuts.unshift([begin, end]);
    end = begin;
  }
  return cuts;
}

function part({ step, videos, weights }: TrainingBatch, indices: readonly number[]): TrainingBatch {
  const pick = <Item>(items: readonly Item[]): Item[] => indices.map((index) => items[index] as Item);
  const { classWeights, videoWeights, knownClasses } = weights ?? {};
  const own: LossWeights = {
    ...(classWeights && { classWeights }),
    ...(videoWeights && { videoWeights: pick(videoWeights) }),
    ...(knownClasses && { knownClasses: pick(knownClasses) }),
  };
  return { step, videos: pick(videos), weights: weights && own };
}
