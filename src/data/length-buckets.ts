import type { SampleOptions, VideoDataset, VideoSample } from "./video-dataset.ts";

/** Batches that are sorted by length together. */
const BATCHES_A_WINDOW = 4;

/** Videos of similar length, and where they stand in the dataset's own order. */
export interface PlacedBatch {
  readonly samples: readonly VideoSample[];
  /** From 0, one a sample; a video that is left out takes no place. */
  readonly places: readonly number[];
}

/**
 * The videos of a dataset in batches of similar length, so that little of a batch is padding: four batches are read at a
 * time, and sorted by their rows, the longest first. Which videos meet in a batch depends on the dataset and the batch's
 * size alone.
 */
export async function* lengthBucketedBatches(
  dataset: VideoDataset,
  batchSize: number,
  options: SampleOptions = {},
): AsyncGenerator<PlacedBatch> {
  let first = 0;
  for await (const window of dataset.batches(BATCHES_A_WINDOW * batchSize, options)) {
    const sorted = window
      .map((sample, index) => ({ sample, place: first + index }))
      .sort((a, b) => b.sample.image.rows - a.sample.image.rows || b.sample.audio.rows - a.sample.audio.rows);
    for (let begin = 0; begin < sorted.length; begin += batchSize) {
      const batch = sorted.slice(begin, begin + batchSize);
      yield { samples: batch.map(({ sample }) => sample), places: batch.map(({ place }) => place) };
    }
    first += window.length;
  }
}
