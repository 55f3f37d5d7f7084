import * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import { collateLabels } from "../data/collate.ts";
import { NoVideosError, type VideoDataset } from "../data/video-dataset.ts";
import { HitAtK } from "../metrics/hit-at-k.ts";
import type { TaggerOutput } from "../models/multimodal-tagger.ts";
import type { VideoTagger } from "./video-tagger.ts";

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
  tagger: VideoTagger,
  dataset: VideoDataset,
  { batchSize, topN }: EvaluationOptions,
): Promise<Evaluation> {
  const { model } = tagger;
  const hits = new HitAtK(topN);
  let loss = 0;
  for await (const samples of dataset.batches(batchSize, tagger.featureSizes)) {
    const { input } = await tagger.inputs.prepare(samples, { training: false });
    const classes = samples.map((sample) => sample.classes);
    const labels = collateLabels(classes, tagger.labels.length, tagger.labelForm);
    let output: TaggerOutput | undefined;
    let batchLoss: tf.Scalar | undefined;
    try {
      output = model.forward(input);
      batchLoss = model.loss(output.logits, labels);
      const value = (await batchLoss.data())[0] as number;
      if (!Number.isFinite(value)) {
        const videos = samples.map(({ video }) => video).join(", ");
        throw new NotFiniteError(`The loss is ${value} in the batch of these videos: ${videos}.`);
      }
      loss += value;
      const scores = await output.probabilities.data();
      for (const [index, trueClasses] of classes.entries()) {
        hits.add(scores.subarray(index * tagger.labels.length, (index + 1) * tagger.labels.length), trueClasses);
      }
    } finally {
      tf.dispose([input, labels, output, batchLoss]);
    }
  }
  if (hits.videos === 0) throw new NoVideosError(dataset);
  return { videos: hits.videos, loss: loss / hits.videos, hitAtK: hits.result() };
}
