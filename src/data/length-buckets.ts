import { bytesOf, type SampleOptions, type VideoDataset, type VideoSample } from "./video-dataset.ts";

/** Batches that are sorted by length together. */
export const BATCHES_A_WINDOW: number = 4;

/** Bytes of features with which a window closes before it has as many batches: so many are held at a time, and a video more. */
export const WINDOW_BYTES: number = 256 * 2 ** 20;

/** Videos of similar length, and where they stand in the dataset's own order. */
export interface PlacedBatch {
  readonly samples: readonly VideoSample[];
  /** From 0, one a sample; a video that is left out takes no place. */
  readonly places: readonly number[];
}

/**
 * The videos of a dataset in batches of similar length, so that little of a batch is padding: four batches are read at a
 * time, or fewer where their features are large, and sorted by their rows, the longest first. Which videos meet in a batch depends
 * on the dataset and the batch's size alone.
 *
 * @param windowBytes features of a window: it closes when they are so many. Default 256 MiB
 */
export async function* lengthBucketedBatches(
  dataset: VideoDataset,
  batchSize: number,
  options: SampleOptions = {},
  windowBytes: number = WINDOW_BYTES,
): AsyncGenerator<PlacedBatch> {
  let first = 0;
  let window: VideoSample[] = [];
  let bytes = 0;
  for await (const sample of dataset.samples(options)) {
    window.push(sample);
    bytes += bytesOf(sample);
    if (window.length < BATCHES_A_WINDOW * batchSize && bytes < windowBytes) continue;
    yield* sortedBatches(window, first, batchSize);
    first += window.length;
    [window, bytes] = [[], 0];
  }
  yield* sortedBatches(window, first, batchSize);
}

function* sortedBatches(window: readonly VideoSample[], first: number, batchSize: number): Generator<PlacedBatch> {
  const modalities = [...new Set(window.flatMap(({ rows }) => Object.keys(rows)))];
  const rowsOf = ({ rows }: VideoSample, modality: string) => rows[modality]?.rows ?? 0;
  const longestFirst = (a: VideoSample, b: VideoSample): number => {
    const first = modalities.find((modality) => rowsOf(a, modality) !== rowsOf(b, modality));
    return first === undefined ? 0 : rowsOf(b, first) - rowsOf(a, first);
  };
  const sorted = window
    .map((sample, index) => ({ sample, place: first + index }))
    .sort((a, b) => longestFirst(a.sample, b.sample));
  for (let begin = 0; begin < sorted.length; begin += batchSize) {
    const batch = sorted.slice(begin, begin + batchSize);
    yield { samples: batch.map(({ sample }) => sample), places: batch.map(({ place }) => place) };
  }
}
