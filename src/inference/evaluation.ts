import { NoVideosError, type VideoDataset } from "../data/video-dataset.ts";
import { HitAtK } from "../metrics/hit-at-k.ts";
import { type BatchTagger, type ListedVideo, overBatches } from "./batch-tagger.ts";

export interface Evaluation {
  readonly videos: number;
  /** The loss summed over labels, a video. */
  readonly loss: number;
  /** By k. */
  readonly hitAtK: ReadonlyMap<number, number>;
}

export interface EvaluationOptions {
  /** Changes nothing but speed and memory. */
  readonly batchSize: number;
  /** The k of Hit@k. */
  readonly topN: readonly number[];
}

/**
 * Measures a tagger on a dataset with true labels.
 *
 * @throws NoVideosError when no video of the dataset can be read; NotFiniteError when the loss is NaN or infinite
 */
export async function evaluateTagger(
  tagger: BatchTagger,
  dataset: VideoDataset,
  { batchSize, topN }: EvaluationOptions,
): Promise<Evaluation> {
  const hits = new HitAtK(topN);
  let loss = 0;
  const batches = overBatches(tagger, dataset, batchSize, (samples) => tagger.measure(samples));
  for await (const { videos, result } of batches) {
    loss += result.loss;
    for (const [index, scores] of result.probabilities.entries()) {
      hits.add(scores, (videos[index] as ListedVideo).classes);
    }
  }
  if (hits.videos === 0) throw new NoVideosError(dataset);
  return { videos: hits.videos, loss: loss / hits.videos, hitAtK: hits.result() };
}
