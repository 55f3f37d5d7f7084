import { featureSizes, type MultimodalTaggerConfig } from "../models/tagger-config.ts";
import { type BatchExtent, type WorkingMemoryOptions, workingMemory } from "../models/working-memory.ts";
import type { VideoFeatures } from "./tagger-inputs.ts";
import { extentOf } from "./video-cost.ts";

/**
 * Bytes of the backend's memory that the videos of a batch may take, unless a tagger is told otherwise: with the original's sizes
 * a process that trains or predicts stays below 2 GB, features included.
 */
export const MEMORY_BUDGET: number = 512 * 2 ** 20;

/** Rows of a piece of a video that is too long to be tagged as a whole. */
export const PIECE_ROWS: number = 1024;

/** What a batch is split by. */
export interface MemoryLimit extends WorkingMemoryOptions {
  readonly config: MultimodalTaggerConfig;
  /** Bytes. */
  readonly budget: number;
  /** Tokens that each text may have. */
  readonly tokens: { readonly [modality: string]: number };
}

/** Videos that are computed together. */
export interface BatchPart {
  /** Where each stands in the whole, in ascending order. */
  readonly places: readonly number[];
  /** Whether it stays within the budget; a part that does not is one video alone. */
  readonly fits: boolean;
}

/**
 * Splits a batch so that each part stays within a budget of memory. One that fits stays as it is. Of others, videos of similar
 * length go together: sorted by their rows, the longest first, as many as fit.
 */
export function splitByMemory(videos: readonly VideoFeatures[], limit: MemoryLimit): BatchPart[] {
  const fits = (places: readonly number[]) => {
    const own = places.map((place) => videos[place] as VideoFeatures);
    return grownMemory(extentOf(limit.config, own, limit.tokens), limit) <= limit.budget;
  };
  const all = [...videos.keys()];
  if (fits(all)) return [{ places: all, fits: true }];
  const bytes = videos.map((video) => grownMemory(extentOf(limit.config, [video], limit.tokens), limit));
  const order = all.toSorted((a, b) => (bytes[b] as number) - (bytes[a] as number));
  const parts: number[][] = [];
  for (const place of order) {
    const last = parts.at(-1);
    if (last !== undefined && fits([...last, place])) last.push(place);
    else parts.push([place]);
  }
  return parts.map((places) => ({ places: places.sort((a, b) => a - b), fits: fits(places) }));
}

/** The most rows of each modality with which a video fits into the budget alone: at least 1. */
export function mostRows(limit: MemoryLimit): number {
  const names = Object.keys(featureSizes(limit.config));
  const fits = (rows: number) => {
    const each = { ...Object.fromEntries(names.map((name) => [name, rows])), ...limit.tokens };
    return grownMemory({ videos: 1, rows: each }, limit) <= limit.budget;
  };
  let [most, tooMany] = [1, 2 ** 31];
  while (tooMany - most > 1) {
    const between = Math.floor((most + tooMany) / 2);
    if (fits(between)) most = between;
    else tooMany = between;
  }
  return most;
}

/** What grows with the batch: gradients of parameters do not. */
export function grownMemory(extent: BatchExtent, { config, ...options }: MemoryLimit): number {
  return workingMemory(config, extent, options) - workingMemory(config, { videos: 0 }, options);
}
