import type { RandomStream } from "../core/random-stream.ts";
import type { VideoSample } from "../data/video-dataset.ts";
import type { Loss } from "../ops/loss.ts";
import type { BatchTagger } from "../tagging/batch-tagger.ts";
import type { MemoryLimit } from "../tagging/memory-budget.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import type { LossConfig } from "./loss-config.ts";
import { dropModality } from "./modality-dropout.ts";
import type { TrainStep } from "./train-step.ts";
import { type TrainingVideo, type VideoStepOptions, videoStep } from "./video-step.ts";

/** How much labels and videos count in training, and which labels are not known. */
export interface TrainingWeights {
  /** One a class, 0 or more. */
  readonly classWeights?: readonly number[];
  /** How much a video counts, 0 or more. */
  readonly videoWeight?: (video: VideoSample) => number;
  /** The classes of which it is known whether they are true of a video; undefined for all of them. */
  readonly knownClasses?: (video: VideoSample) => readonly number[] | undefined;
}

/** What threads learn by. */
export interface TrainingStepOptions extends Pick<VideoStepOptions, "classWeights"> {
  /** As data, or the address of a module whose default export it is. */
  readonly loss?: LossConfig | URL | undefined;
}

/** Threads that hold a tagger each and share the work of a training: `startWorkers` of multimodal-video-tag/node. */
export interface TrainingWorkers extends BatchTagger {
  /** The step that they do together, with the parameters that the tagger has at each. */
  trainingStep(options?: TrainingStepOptions): Promise<TrainStep<TrainingVideo>>;
  /** What a thread's part of a batch may take. */
  memoryLimit(pass: "prediction" | "training"): MemoryLimit;
  /** Gives the threads the parameters that the tagger has now. */
  refresh(): Promise<void>;
}

export interface TaggerStepOptions {
  /**
   * A sum over the videos: described as `{ kind: "focal", gamma: 2 }`, or a function of one's own, which cannot travel to
   * workers: they take the address of a module whose default export it is. Default: what the model's head asks for, as in
   * the original.
   */
  readonly loss?: LossConfig | Loss | URL;
  /** What the terms of the loss are multiplied with. Default: 1. */
  readonly weights?: TrainingWeights;
  /** The chance that a training sample loses one of its modalities. Default 0. */
  readonly modalityDropRate?: number;
  /**
   * Threads that share the work: each takes a part of a batch, with dropout of its own, and their gradients are added in
   * a fixed order. The same number of them gives the same result every time; another number, another. They hold this
   * tagger. Default: this thread does all of it.
   */
  readonly workers?: TrainingWorkers;
}

/**
 * How a batch of videos would change a tagger. It sums its `hits`: videos whose best label is one of the true ones.
 *
 * @throws TypeError for a loss that cannot be had where it is needed
 */
export async function taggerStep(
  tagger: VideoTagger,
  { loss, weights = {}, modalityDropRate = 0, workers }: TaggerStepOptions = {},
): Promise<TrainStep<VideoSample>> {
  const { classWeights, videoWeight, knownClasses } = weights;
  const step = workers
    ? await workers.trainingStep({ loss: travelling(loss), classWeights })
    : videoStep(tagger, { loss: here(loss), classWeights });
  const { modalities } = tagger.model;
  const seen = (sample: VideoSample, drop: RandomStream): TrainingVideo => {
    const { video, classes, rows, texts } = sample;
    const features = { rows, texts };
    const left = drop.next() < modalityDropRate ? dropModality(features, modalities, drop) : features;
    return { video, classes, ...left, weight: videoWeight?.(sample), knownClasses: knownClasses?.(sample) };
  };
  return {
    ...step,
    gradients(samples, { step: index, random }) {
      const drop = random.fork("modality");
      const videos = samples.map((sample) => seen(sample, drop));
      return step.gradients(videos, { step: index, random: random.fork("dropout") });
    },
  };
}

function travelling(loss: TaggerStepOptions["loss"]): LossConfig | URL | undefined {
  if (typeof loss !== "function") return loss;
  throw new TypeError(
    "trainTagger: a loss that is a function cannot travel to workers. Describe it, or give the address of its module.",
  );
}

function here(loss: TaggerStepOptions["loss"]): LossConfig | Loss | undefined {
  if (!(loss instanceof URL)) return loss;
  throw new TypeError("trainTagger: the address of a loss is for workers. Without them give the loss itself.");
}
