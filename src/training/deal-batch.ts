import type { MultimodalTaggerConfig } from "../models/multimodal-tagger.ts";
import { videoCost } from "../tagging/video-cost.ts";
import { partOfBatch, type TrainingBatch } from "./training-batch.ts";

/** A part of a batch. */
export interface BatchShare {
  readonly batch: TrainingBatch;
  /** Where each of its videos stands in the whole. */
  readonly places: readonly number[];
}

/**
 * Deals a batch so that every share is about as much work and, within one, as many videos: sorted by their cost, the videos
 * are dealt out forth and back. What a share pads costs next to nothing, because the kernels skip it.
 *
 * @param shares at most so many; a small batch gives fewer
 */
export function dealBatch(batch: TrainingBatch, config: MultimodalTaggerConfig, shares: number): BatchShare[] {
  const costs = batch.videos.map((video) => videoCost(config, video).multiplications);
  const order = [...costs.keys()].sort((a, b) => (costs[b] as number) - (costs[a] as number));
  const hands: number[][] = Array.from({ length: Math.min(shares, order.length) }, () => []);
  for (const [turn, place] of order.entries()) {
    const round = Math.floor(turn / hands.length);
    const seat = turn % hands.length;
    hands[round % 2 === 0 ? seat : hands.length - 1 - seat]?.push(place);
  }
  return hands.map((places) => ({ batch: partOfBatch(batch, places), places }));
}
