import { expectOptions } from "../core/options.ts";
import { lengthBucketedBatches } from "../data/length-buckets.ts";
import type { SampledFrom, SampleOptions, VideoDataset, VideoSample } from "../data/video-dataset.ts";
import { TAG_KINDS, type TaggedVideo, type TagOptions, type Threshold } from "./tagged-video.ts";
import type { VideoFeatures } from "./tagger-inputs.ts";

/** A video with the indices of its true labels, and what messages call it. */
export interface LabelledVideo extends VideoFeatures {
  readonly video: string;
  readonly classes: readonly number[];
}

/** What a batch of videos with true labels comes to. */
export interface MeasuredBatch {
  /** Summed over labels and videos. */
  readonly loss: number;
  /** [numClasses] a video: its probabilities */
  readonly probabilities: readonly Float32Array[];
  /** [numClasses] a video: the same after the tagger's calibration, which its threshold is for */
  readonly scores: readonly Float32Array[];
}

/** What answers for batches of videos: a tagger in its own thread, or worker threads that hold one each. */
export interface BatchTagger {
  /** The name of each class, in order. */
  readonly labels: readonly string[];
  /** The score that a tag needs unless a call says otherwise. */
  readonly threshold: Threshold;
  /** What to ask a dataset for. */
  readonly sampleOptions: Omit<SampleOptions, "random" | "after">;
  /** Batches that may be under way at the same time. */
  readonly parallelBatches: number;
  tag(videos: readonly VideoFeatures[], options?: TagOptions): Promise<TaggedVideo[]>;
  /** @throws NotFiniteError when the loss is NaN or infinite */
  measure(videos: readonly LabelledVideo[], options?: Pick<TagOptions, "signal">): Promise<MeasuredBatch>;
}

/** A video of a dataset without its features, which are not kept. */
export type ListedVideo = Omit<VideoSample, "rows">;

/** How the videos of a dataset are taken together. */
export interface BatchOptions {
  readonly batchSize: number;
  /** The most rows of each modality: of a longer video so many rows, evenly sampled. Default: all. */
  readonly maxRows?: number | undefined;
  /** Stops the work between two batches; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does something with every batch of a dataset, as many at a time as the tagger takes. Batches hold videos of similar
 * length; results come in the order of the batches, whichever was done first. Memory does not grow with the dataset.
 */
export async function* overBatches<Result>(
  tagger: BatchTagger,
  dataset: VideoDataset,
  { batchSize, maxRows, signal }: BatchOptions,
  work: (samples: readonly VideoSample[]) => Promise<Result>,
): AsyncGenerator<{ videos: readonly ListedVideo[]; places: readonly number[]; result: Result }> {
  const underWay: { videos: ListedVideo[]; places: readonly number[]; result: Promise<Result> }[] = [];
  const next = async () => {
    const { result, ...batch } = underWay[0] as (typeof underWay)[number];
    const finished = { ...batch, result: await result };
    underWay.shift();
    return finished;
  };
  try {
    const reading = { ...tagger.sampleOptions, maxRows };
    for await (const { samples, places } of lengthBucketedBatches(dataset, batchSize, reading)) {
      signal?.throwIfAborted();
      if (underWay.length >= tagger.parallelBatches) yield await next();
      const result = work(samples);
      // It is asked for in its turn; should an earlier one fail, this one's failure concerns nobody.
      result.catch(() => {});
      underWay.push({ videos: samples.map(({ rows: _rows, ...video }) => video), places, result });
    }
    while (underWay.length > 0) yield await next();
  } finally {
    // Whoever stops early may free the model next.
    await Promise.allSettled(underWay.map(({ result }) => result));
  }
}

/** Tags every video of a dataset; they come in its own order. */
export async function* tagInOrder(
  tagger: BatchTagger,
  dataset: VideoDataset,
  { batchSize, maxRows, ...options }: TagOptions & BatchOptions,
): AsyncGenerator<{ readonly sample: ListedVideo; readonly tagged: TaggedVideo }> {
  const done = new Map<number, { sample: ListedVideo; tagged: TaggedVideo }>();
  let next = 0;
  const batching = { batchSize, maxRows, signal: options.signal };
  const batches = overBatches(tagger, dataset, batching, (samples) => tagger.tag(samples, options));
  for await (const { videos, places, result } of batches) {
    for (const [index, place] of places.entries()) {
      done.set(place, { sample: videos[index] as ListedVideo, tagged: result[index] as TaggedVideo });
    }
    for (let first = done.get(next); first !== undefined; first = done.get(++next)) {
      done.delete(next);
      yield first;
    }
  }
}

/** What a tagger says of a video of a dataset. */
export interface TaggedDatasetVideo extends TaggedVideo, Pick<VideoSample, "video" | "fileName"> {
  /** How many rows its features had, where they were sampled. */
  readonly sampledFrom?: SampledFrom;
}

/** The same by the videos' names: the feature file's, and the list's. */
export async function* tagAll(
  tagger: BatchTagger,
  dataset: VideoDataset,
  options: TagOptions & Partial<BatchOptions> = {},
): AsyncGenerator<TaggedDatasetVideo> {
  expectOptions("tagAll", options, { optional: { ...TAG_KINDS, batchSize: "size", maxRows: "size" } });
  const { batchSize = 16, ...how } = options;
  for await (const { sample, tagged } of tagInOrder(tagger, dataset, { batchSize, ...how })) {
    const { video, fileName, sampledFrom } = sample;
    yield { video, fileName, ...(sampledFrom && { sampledFrom }), ...tagged };
  }
}
