import * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import { expectOptions } from "../core/options.ts";
import { RandomStream } from "../core/random-stream.ts";
import type { LossWeights } from "../data/collate.ts";
import { NoVideosError, type VideoDataset, type VideoSample } from "../data/video-dataset.ts";
import { type Evaluation, evaluateTagger } from "../inference/evaluation.ts";
import { mostRows } from "../inference/memory-budget.ts";
import type { VideoTagger } from "../inference/video-tagger.ts";
import { HitAtK } from "../metrics/hit-at-k.ts";
import type { Loss } from "../ops/loss.ts";
import { type BatchGradients, batchGradients, type TrainingWorkers } from "./batch-gradients.ts";
import { epochFigures, isBetterEpoch } from "./epoch-comparison.ts";
import { clipByGlobalNorm } from "./gradient-clipping.ts";
import { dropModality } from "./modality-dropout.ts";
import { describeNotFiniteParameter } from "./not-finite.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";
import { createTrainingState, disposeTrainingState, type TrainingState } from "./training-state.ts";
import type { WeightAverage } from "./weight-average.ts";

export interface TrainOptions {
  readonly tagger: VideoTagger;
  readonly train: VideoDataset;
  /** What each epoch is measured on. */
  readonly valid: VideoDataset;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** Default: what the model's head asks for, as in the original. */
  readonly loss?: Loss;
  /** What the terms of the loss are multiplied with. Default: 1. */
  readonly weights?: TrainingWeights;
  /** The norm to which the gradients of a step are clipped, all together. Default: they are not. */
  readonly maxGradientNorm?: number;
  /** Keeps averaged weights: what an epoch is measured with, and what the model holds when an epoch is told of. */
  readonly average?: WeightAverage;
  readonly epochs: number;
  readonly batchSize: number;
  readonly validBatchSize: number;
  /** The k of Hit@k. Hit@1 is measured whether it is listed or not: epochs are compared by it first. */
  readonly topN: readonly number[];
  /** Training ends after more than this many epochs in a row of which none is the best so far. */
  readonly earlyStop: number;
  /** The chance that a training sample loses one of its modalities. Default 0. */
  readonly modalityDropRate?: number;
  /**
   * The most rows of image and of audio that a training video has: of a longer one so many rows, evenly sampled. Default: as many
   * as fit into the tagger's budget of memory. Validation videos are sampled only where it is given: they are measured in pieces.
   */
  readonly maxRows?: number | undefined;
  /** Stops between two steps, and while an epoch is measured. Its reason is thrown; the state is that of the last event. */
  readonly signal?: AbortSignal | undefined;
  /** Of shuffling and dropout. */
  readonly seed: number;
  /**
   * Threads that share the work: each takes a part of a batch, with dropout of its own, and their gradients are added in
   * a fixed order. The same number of them gives the same result every time; another number, another. They hold this
   * tagger, and their own loss. Default: this thread does all of it.
   */
  readonly workers?: TrainingWorkers;
  /**
   * Where to go on, and what is brought up to date before each event; it stays the caller's. A training that goes on
   * from a saved state, with the parameters and the data of that moment, gives bit for bit what it would have given
   * without a break. Default: from the beginning.
   */
  readonly state?: TrainingState;
}

/** How much labels and videos count in training, and which labels are not known. */
export interface TrainingWeights {
  /** One a class, 0 or more. */
  readonly classWeights?: readonly number[];
  /** How much a video counts, 0 or more. */
  readonly videoWeight?: (video: VideoSample) => number;
  /** The classes of which it is known whether they are true of a video; undefined for all of them. */
  readonly knownClasses?: (video: VideoSample) => readonly number[] | undefined;
}

/** After each batch. */
export interface TrainStep {
  readonly kind: "step";
  /** From 0. */
  readonly epoch: number;
  /** From 0, over all epochs. */
  readonly step: number;
  /** Videos of this epoch so far, and those that the list offers. */
  readonly videos: number;
  readonly ofVideos: number;
  /** The mean loss of a video in this epoch so far. */
  readonly loss: number;
  /** Hit@1 on this epoch's training videos so far, as they were when the model saw them. */
  readonly hitAt1: number;
}

/** After each epoch. */
export interface TrainEpoch {
  readonly kind: "epoch";
  /** From 0. */
  readonly epoch: number;
  readonly learningRate: number;
  /** The mean loss of a training video. */
  readonly loss: number;
  readonly evaluation: Evaluation;
  /** Whether it is the best so far: by Hit@1, of equal ones by mAP, then by the lower loss. */
  readonly isBest: boolean;
  /** Whether training ends here, because it is the last epoch or none was better for too long. */
  readonly isLast: boolean;
}

/**
 * Trains a tagger, an epoch after the other: shuffled batches, then an evaluation. It tells of every step and epoch,
 * and goes on when it is asked for more; to stop, leave the loop. Between two events nothing is half done: parameters
 * and state can be saved.
 *
 * The gradient is that of the loss summed over a batch, as in the original: the right learning rate depends on the
 * batch size.
 *
 * @throws NoVideosError when no training or no validation video can be read; NotFiniteError when the loss is NaN or infinite
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainStep | TrainEpoch> {
  expectOptions("train", options, {
    needed: {
      ...{ tagger: "object", train: "object", valid: "object", optimizer: "object", schedule: "function" },
      ...{
        epochs: "size",
        batchSize: "size",
        validBatchSize: "size",
        topN: "list",
        earlyStop: "number",
        seed: "number",
      },
    },
    optional: {
      ...{ loss: "function", weights: "object", maxGradientNorm: "number", average: "object" },
      ...{ modalityDropRate: "number", maxRows: "size", workers: "object", state: "object" },
    },
  });
  if (options.workers && options.loss) throw new TypeError("train: a loss for workers is given to startWorkers.");
  const state = options.state ?? createTrainingState(options, options.tagger.model);
  try {
    while (isUnderWay(options, state)) {
      yield* trainEpoch(options, state);
      const event = await evaluateEpoch(options, state);
      yield { ...event, isLast: !isUnderWay(options, state) };
    }
  } finally {
    if (options.state === undefined) disposeTrainingState(state);
  }
}

/** Whether there is an epoch to do: not all are done, and not too many went by without a better one. */
export function isUnderWay(
  { epochs, earlyStop }: Pick<TrainOptions, "epochs" | "earlyStop">,
  { progress }: TrainingState,
): boolean {
  return progress.epoch < epochs && progress.epochsWithoutBetter <= earlyStop;
}

/** The steps of the epoch under way that are still to do. */
async function* trainEpoch(options: TrainOptions, state: TrainingState): AsyncGenerator<TrainStep> {
  const { tagger, workers, train: dataset, batchSize } = options;
  exchangeAverage(options, state, false);
  const { epoch, line } = state.progress;
  const random = new RandomStream(options.seed);
  const order = { random: random.fork(`shuffle ${epoch}`), ...(line !== null && { after: line }) };
  // While the threads compute, the next batch is read.
  const maxRows = options.maxRows ?? mostRows((workers ?? tagger).memoryLimit("training"));
  const reading = { ...(workers ?? tagger).sampleOptions, ...(workers && { lookahead: batchSize }), maxRows };
  for await (const samples of dataset.batches(batchSize, { ...reading, ...order })) {
    options.signal?.throwIfAborted();
    const { step } = state.progress;
    const result = await trainStep(options, state, samples, random.fork(`step ${step}`));
    const hits = new HitAtK([1]);
    for (const [index, logits] of result.logits.entries()) hits.add(logits, (samples[index] as VideoSample).classes);
    const videos = state.progress.videos + samples.length;
    const loss = state.progress.loss + result.loss;
    state.progress = {
      ...state.progress,
      step: step + 1,
      line: samples.at(-1)?.line as number,
      videos,
      loss,
      hits: state.progress.hits + Math.round((hits.result().get(1) as number) * samples.length),
    };
    const hitAt1 = state.progress.hits / videos;
    yield { kind: "step", epoch, step, videos, ofVideos: dataset.size, loss: loss / videos, hitAt1 };
  }
  if (state.progress.videos === 0) throw new NoVideosError(dataset);
}

/** Puts the averaged weights into the model, or its own back. */
function exchangeAverage({ average, tagger }: TrainOptions, state: TrainingState, isAveraged: boolean): void {
  if (average === undefined || state.progress.isAveraged === isAveraged) return;
  average.swap(tagger.model.trainableParameters(), state.optimizer);
  state.progress = { ...state.progress, isAveraged };
}

/** Measures the epoch that has done its steps, and finishes it. */
async function evaluateEpoch(options: TrainOptions, state: TrainingState): Promise<Omit<TrainEpoch, "isLast">> {
  exchangeAverage(options, state, true);
  const { tagger, workers, valid, validBatchSize, schedule } = options;
  const { epoch, step, loss, videos, best, epochsWithoutBetter } = state.progress;
  const spoiled = await describeNotFiniteParameter(tagger.model.trainableParameters());
  if (spoiled !== undefined) throw new NotFiniteError(`Training: after step ${step - 1}. ${spoiled}`);
  const topN = [...new Set([1, ...options.topN])];
  await workers?.refresh();
  const evaluation = await evaluateTagger(workers ?? tagger, valid, {
    batchSize: validBatchSize,
    topN,
    maxRows: options.maxRows,
    signal: options.signal,
  });
  const figures = epochFigures(evaluation);
  const isBest = best === null || isBetterEpoch(figures, best);
  state.progress = {
    ...state.progress,
    epoch: epoch + 1,
    line: null,
    videos: 0,
    loss: 0,
    hits: 0,
    best: isBest ? figures : best,
    epochsWithoutBetter: isBest ? 0 : epochsWithoutBetter + 1,
  };
  return { kind: "epoch", epoch, learningRate: schedule(step - 1), loss: loss / videos, evaluation, isBest };
}

/** One step of gradient descent: the summed loss of the batch and every video's logits, before the parameters change. */
async function trainStep(
  options: TrainOptions,
  state: TrainingState,
  samples: readonly VideoSample[],
  random: RandomStream,
): Promise<Omit<BatchGradients, "gradients">> {
  const { tagger, workers, modalityDropRate = 0 } = options;
  const { model } = tagger;
  const drop = random.fork("modality");
  const videos = samples.map((sample) => {
    const { video, classes } = sample;
    const features = drop.next() < modalityDropRate ? dropModality(sample, model.modalities, drop) : sample;
    return { video, classes, title: features.title, image: features.image, audio: features.audio };
  });
  const weights = options.weights && lossWeights(samples, options.weights);
  const batch = { step: state.progress.step, videos, weights };
  const dropout = random.fork("dropout");
  const { gradients, ...result } = workers
    ? await workers.batchGradients(batch, dropout)
    : await batchGradients(tagger, batch, dropout, options.loss);
  try {
    update(options, model.trainableParameters(), gradients, state);
    return result;
  } finally {
    tf.dispose([...gradients.values()]);
  }
}

function update(
  { optimizer, schedule, maxGradientNorm, average }: TrainOptions,
  parameters: ReadonlyMap<string, tf.Variable>,
  gradients: ReadonlyMap<string, tf.Tensor>,
  state: TrainingState,
): void {
  const clipped = maxGradientNorm === undefined ? undefined : clipByGlobalNorm(gradients, maxGradientNorm);
  try {
    optimizer.update(parameters, clipped?.gradients ?? gradients, state.optimizer, schedule(state.progress.step));
    average?.update(parameters, state.optimizer);
  } finally {
    if (clipped) tf.dispose([clipped.norm, ...clipped.gradients.values()]);
  }
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
