import type { LossWeights } from "../data/collate.ts";
import type { VideoSample } from "../data/video-dataset.ts";
import { HitAtK } from "../metrics/hit-at-k.ts";
import type { Loss } from "../ops/loss.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { batchGradients, type TrainingWorkers } from "./batch-gradients.ts";
import { dropModality } from "./modality-dropout.ts";
import type { TrainStep } from "./train-step.ts";

/** How much labels and videos count in training, and which labels are not known. */
export interface TrainingWeights {
  /** One a class, 0 or more. */
  readonly classWeights?: readonly number[];
  /** How much a video counts, 0 or more. */
  readonly videoWeight?: (video: VideoSample) => number;
  /** The classes of which it is known whether they are true of a video; undefined for all of them. */
  readonly knownClasses?: (video: VideoSample) => readonly number[] | undefined;
}

export interface TaggerStepOptions {
  /** Default: what the model's head asks for, as in the original. */
  readonly loss?: Loss;
  /** What the terms of the loss are multiplied with. Default: 1. */
  readonly weights?: TrainingWeights;
  /** The chance that a training sample loses one of its modalities. Default 0. */
  readonly modalityDropRate?: number;
  /**
   * Threads that share the work: each takes a part of a batch, with dropout of its own, and their gradients are added in
   * a fixed order. The same number of them gives the same result every time; another number, another. They hold this
   * tagger, and their own loss. Default: this thread does all of it.
   */
  readonly workers?: TrainingWorkers;
}

/** How a batch of videos would change a tagger. It sums its `hits`: videos whose best label is one of the true ones. */
export function taggerStep(
  tagger: VideoTagger,
  { loss, weights, modalityDropRate = 0, workers }: TaggerStepOptions,
): TrainStep<VideoSample> {
  const { model } = tagger;
  return {
    parameters: () => model.parameters(),
    async gradients(samples, { step, random }) {
      const drop = random.fork("modality");
      const videos = samples.map((sample) => {
        const { video, classes } = sample;
        const features = drop.next() < modalityDropRate ? dropModality(sample, model.modalities, drop) : sample;
        return { video, classes, title: features.title, image: features.image, audio: features.audio };
      });
      const batch = { step, videos, weights: weights && lossWeights(samples, weights) };
      const dropout = random.fork("dropout");
      const { logits, ...result } = workers
        ? await workers.batchGradients(batch, dropout)
        : await batchGradients(tagger, batch, dropout, loss);
      return { ...result, sums: { hits: countHits(samples, logits) } };
    },
  };
}

function countHits(samples: readonly VideoSample[], logits: readonly Float32Array[]): number {
  const hits = new HitAtK([1]);
  for (const [index, own] of logits.entries()) hits.add(own, (samples[index] as VideoSample).classes);
  return Math.round((hits.result().get(1) as number) * samples.length);
}

function lossWeights(
  samples: readonly VideoSample[],
  { classWeights, videoWeight, knownClasses }: TrainingWeights,
): LossWeights {
  return {
    ...(classWeights && { classWeights }),
    ...(videoWeight && { videoWeights: samples.map(videoWeight) }),
    ...(knownClasses && { knownClasses: samples.map(knownClasses) }),
  };
}
