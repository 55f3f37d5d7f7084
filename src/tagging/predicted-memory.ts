import { SILENT_ROWS } from "../data/collate.ts";
import { BATCHES_A_WINDOW, WINDOW_BYTES } from "../data/length-buckets.ts";
import { parameterMemory, workingMemory } from "../models/working-memory.ts";
import { grownMemory, type MemoryLimit, PIECE_ROWS } from "./memory-budget.ts";

/** How long a video is. */
export interface VideoLength {
  /** Rows. */
  readonly image: number;
  /** Rows. */
  readonly audio: number;
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
  const { config, pass } = limit;
  const gradients = workingMemory(config, { videos: 0 }, limit);
  const [whole, inPieces] = [videos.filter(fitsIn(limit)), videos.filter((video) => !fitsIn(limit)(video))];
  const working = Math.max(batchMemory(whole, limit), pieceMemory(inPieces, limit));
  const saved = pass === "training" ? parameterMemory(config, { pass, kernels: false }) : 0;
  return parameterMemory(config, limit) + gradients + working + saved + featureMemory(videos, limit);
}

/** Whether a video can be taken as a whole; of one that cannot, training takes as many rows as fit. */
function fitsIn(limit: RunLimit): (video: VideoLength) => boolean {
  const { maxRows, budget, tokens, pass } = limit;
  return ({ image, audio }) => {
    const extent = { image: Math.min(image, maxRows), audio: Math.min(audio, maxRows) };
    return pass === "training" || grownMemory({ videos: 1, ...extent, tokens }, limit) <= budget;
  };
}

/** The largest batch that the videos could be dealt into, or what it is split to. */
function batchMemory(videos: readonly VideoLength[], limit: RunLimit): number {
  const { batchSize, maxRows, tokens, budget } = limit;
  const image = Math.min(
    maxRows,
    most(videos, (video) => video.image),
  );
  const audio = Math.max(
    SILENT_ROWS,
    Math.min(
      maxRows,
      most(videos, (video) => video.audio),
    ),
  );
  const count = Math.min(batchSize, videos.length);
  return Math.min(budget, grownMemory({ videos: count, image, audio, tokens }, limit));
}

/** A video that is taken piece by piece: one piece, and the states of one direction. */
function pieceMemory(videos: readonly VideoLength[], limit: RunLimit): number {
  const { config, maxRows, tokens } = limit;
  return most(videos, (video) => {
    const [image, audio] = [Math.min(video.image, maxRows), Math.min(video.audio, maxRows)];
    const states = Math.max(image * (config.image?.units ?? 0), audio * (config.audio?.units ?? 0));
    const piece = { image: Math.min(image, PIECE_ROWS), audio: Math.min(audio, PIECE_ROWS) };
    return grownMemory({ videos: 1, tokens, ...piece }, limit) + Float32Array.BYTES_PER_ELEMENT * states;
  });
}

/** Features that are held: of the largest videos, as many as are read before a batch is made of them, and one that is being read. */
function featureMemory(videos: readonly VideoLength[], { pass, batchSize, maxRows }: RunLimit): number {
  const largest = most(videos, ({ bytes }) => bytes);
  const sampled = videos.map(({ image, audio, bytes }) => {
    return Math.ceil(bytes * Math.min(1, maxRows / Math.max(image, audio, 1)));
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
