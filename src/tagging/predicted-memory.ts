import { BATCHES_A_WINDOW, WINDOW_BYTES } from "../data/length-buckets.ts";
import { type ModalityConfig, zeroRowsOf } from "../models/tagger-config.ts";
import { parameterMemory, workingMemory } from "../models/working-memory.ts";
import { grownMemory, type MemoryLimit, PIECE_ROWS } from "./memory-budget.ts";

/** How long a video is. */
export interface VideoLength {
  /** Of the features of each modality. */
  readonly rows: { readonly [modality: string]: number };
  /** Of its features, as float32. */
  readonly bytes: number;
}

/** How videos are taken together. */
export interface RunLimit extends MemoryLimit {
  readonly batchSize: number;
  /** The most rows that a video has; of a longer one so many are sampled. */
  readonly maxRows: number;
}

/**
 * Bytes that a pass over a dataset takes at most beside the program itself, in one thread: parameters and what an optimizer
 * remembers, the largest batch, the features that are held at a time, and in training a copy of what is saved.
 */
export function predictedMemory(videos: readonly VideoLength[], limit: RunLimit): number {
  const { config, pass, poolings } = limit;
  const gradients = workingMemory(config, { videos: 0 }, limit);
  const [whole, inPieces] = [videos.filter(fitsIn(limit)), videos.filter((video) => !fitsIn(limit)(video))];
  const working = Math.max(batchMemory(whole, limit), pieceMemory(inPieces, limit));
  const saved = pass === "training" ? parameterMemory(config, { pass, kernels: false, poolings }) : 0;
  return parameterMemory(config, limit) + gradients + working + saved + featureMemory(videos, limit);
}

/** Whether a video can be taken as a whole; of one that cannot, training takes as many rows as fit. */
function fitsIn(limit: RunLimit): (video: VideoLength) => boolean {
  const { budget, pass } = limit;
  return ({ rows }) => {
    if (pass === "training") return true;
    return grownMemory({ videos: 1, rows: padded(limit, (name) => rows[name] ?? 0) }, limit) <= budget;
  };
}

/** The largest batch that the videos could be dealt into, or what it is split to. */
function batchMemory(videos: readonly VideoLength[], limit: RunLimit): number {
  const { batchSize, budget, config } = limit;
  const rows = padded(limit, (name) => most(videos, (video) => video.rows[name] ?? 0));
  for (const [name, modality] of Object.entries(config.modalities)) {
    rows[name] = Math.max(rows[name] as number, zeroRowsOf(modality));
  }
  const count = Math.min(batchSize, videos.length);
  return Math.min(budget, grownMemory({ videos: count, rows }, limit));
}

/** A video that is taken piece by piece: one piece, and the states of one direction. */
function pieceMemory(videos: readonly VideoLength[], limit: RunLimit): number {
  return most(videos, (video) => {
    const rows = padded(limit, (name) => video.rows[name] ?? 0);
    const states = Math.max(
      ...Object.entries(limit.config.modalities).map(
        ([name, modality]) => keptValues(modality) * (rows[name] as number),
      ),
    );
    const piece = padded(limit, (name) => Math.min(rows[name] as number, PIECE_ROWS));
    return grownMemory({ videos: 1, rows: piece }, limit) + Float32Array.BYTES_PER_ELEMENT * states;
  });
}

/** Values that are kept of each row while a sequence is taken piece by piece. */
function keptValues({ input, recurrence, pooling }: ModalityConfig): number {
  if (!("size" in input)) return 0;
  // Attention sums up as it goes; other poolings get every row at once.
  if (pooling.kind === "attention") return recurrence?.units ?? 0;
  return 2 * (recurrence === undefined ? input.size : 2 * recurrence.units);
}

/** Rows of each modality, at most `maxRows`; of texts, the tokens that they may have. */
function padded({ config, maxRows, tokens }: RunLimit, rowsOf: (modality: string) => number): Record<string, number> {
  const names = Object.keys(config.modalities);
  return Object.fromEntries(names.map((name) => [name, tokens[name] ?? Math.min(maxRows, rowsOf(name))]));
}

/** Features that are held: of the largest videos, as many as are read before a batch is made of them, and one that is being read. */
function featureMemory(videos: readonly VideoLength[], { pass, batchSize, maxRows }: RunLimit): number {
  const largest = most(videos, ({ bytes }) => bytes);
  const sampled = videos.map(({ rows, bytes }) => {
    return Math.ceil(bytes * Math.min(1, maxRows / Math.max(...Object.values(rows), 1)));
  });
  const held = pass === "training" ? batchSize : BATCHES_A_WINDOW * batchSize;
  const ofLargest = sampled.sort((a, b) => b - a).slice(0, held);
  const sum = ofLargest.reduce((total, bytes) => total + bytes, 0);
  // The file that is being read as if it were float32, and in training the longest features as a whole: an epoch is measured on such.
  return pass === "training" ? sum + 2 * largest : Math.min(sum, WINDOW_BYTES + largest) + largest;
}

function most(videos: readonly VideoLength[], of: (video: VideoLength) => number): number {
  return videos.reduce((largest, video) => Math.max(largest, of(video)), 0);
}
