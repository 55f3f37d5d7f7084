import * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import { RandomStream } from "../core/random-stream.ts";
import { collateLabels } from "../data/collate.ts";
import { NoVideosError, type VideoDataset, type VideoSample } from "../data/video-dataset.ts";
import { type Evaluation, evaluateTagger } from "../inference/evaluation.ts";
import type { VideoFeatures } from "../inference/tagger-inputs.ts";
import type { VideoTagger } from "../inference/video-tagger.ts";
import { HitAtK } from "../metrics/hit-at-k.ts";
import { computeGradients, type LossAndGradients } from "./gradients.ts";
import { dropModality } from "./modality-dropout.ts";
import { describeFirstNotFinite } from "./not-finite.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";

export interface TrainOptions {
  readonly tagger: VideoTagger;
  readonly train: VideoDataset;
  /** What each epoch is measured on. */
  readonly valid: VideoDataset;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly batchSize: number;
  readonly validBatchSize: number;
  /** The k of Hit@k. Epochs are compared by Hit@1, whether it is listed or not. */
  readonly topN: readonly number[];
  /** Training ends after more than this many epochs without a better Hit@1. */
  readonly earlyStop: number;
  /** The chance that a training sample loses one of its modalities. Default 0. */
  readonly modalityDropRate?: number;
  /** Of shuffling and dropout. */
  readonly seed: number;
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
  /** Whether its Hit@1 is the best so far. */
  readonly isBest: boolean;
  /** Whether training ends here, because it is the last epoch or none was better for too long. */
  readonly isLast: boolean;
}

/**
 * Trains a tagger, an epoch after the other: shuffled batches, then an evaluation. It tells of every step and epoch,
 * and goes on when it is asked for more; to stop, leave the loop. Between two events nothing is half done: parameters
 * can be saved.
 *
 * The gradient is that of the loss summed over a batch, as in the original: the right learning rate depends on the
 * batch size.
 *
 * @throws NoVideosError when no training or no validation video can be read; NotFiniteError when the loss is NaN or infinite
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainStep | TrainEpoch> {
  const { tagger, valid, optimizer, epochs, earlyStop } = options;
  const random = new RandomStream(options.seed);
  const topN = [...new Set([1, ...options.topN])];
  const state = optimizer.init(tagger.model.trainableParameters());
  let step = 0;
  let best = Number.NEGATIVE_INFINITY;
  let epochsWithoutBetter = 0;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const shuffle = random.fork(`shuffle ${epoch}`);
      const hits = new HitAtK([1]);
      let loss = 0;
      for await (const samples of options.train.batches(options.batchSize, {
        ...tagger.featureSizes,
        random: shuffle,
      })) {
        const result = await trainStep(options, state, samples, step, random.fork(`step ${step}`));
        loss += result.loss;
        for (const [index, scores] of result.scores.entries())
          hits.add(scores, (samples[index] as VideoSample).classes);
        const { videos } = hits;
        const hitAt1 = hits.result().get(1) as number;
        yield { kind: "step", epoch, step, videos, ofVideos: options.train.size, loss: loss / videos, hitAt1 };
        step++;
      }
      if (hits.videos === 0) throw new NoVideosError(options.train);
      const evaluation = await evaluateTagger(tagger, valid, { batchSize: options.validBatchSize, topN });
      const hitAt1 = evaluation.hitAtK.get(1) as number;
      const isBest = hitAt1 > best;
      best = Math.max(best, hitAt1);
      epochsWithoutBetter = isBest ? 0 : epochsWithoutBetter + 1;
      const isLast = epoch === epochs - 1 || epochsWithoutBetter > earlyStop;
      const learningRate = options.schedule(step - 1);
      yield { kind: "epoch", epoch, learningRate, loss: loss / hits.videos, evaluation, isBest, isLast };
      if (isLast) return;
    }
  } finally {
    tf.dispose([...state.values()]);
  }
}

/** One step of gradient descent: the summed loss of the batch and every video's scores, before the parameters change. */
async function trainStep(
  { tagger, optimizer, schedule, modalityDropRate = 0 }: TrainOptions,
  state: OptimizerState,
  samples: readonly VideoSample[],
  step: number,
  random: RandomStream,
): Promise<{ loss: number; scores: Float32Array[] }> {
  const { model } = tagger;
  const drop = random.fork("modality");
  const videos: VideoFeatures[] = samples.map((sample) =>
    drop.next() < modalityDropRate ? dropModality(sample, model.modalities, drop) : sample,
  );
  const { input } = await tagger.inputs.prepare(videos, { training: true });
  const classes = samples.map((sample) => sample.classes);
  const labels = collateLabels(classes, tagger.labels.length, tagger.labelForm);
  const parameters = model.trainableParameters();
  let logits: tf.Tensor2D | undefined;
  let result: LossAndGradients | undefined;
  try {
    result = computeGradients(() => {
      const output = model.forward(input, { training: true, random: random.fork("dropout") });
      logits = tf.keep(output.logits);
      return model.loss(output.logits, labels);
    }, parameters);
    const loss = (await result.loss.data())[0] as number;
    if (!Number.isFinite(loss)) {
      const failed = { model, input, videos: samples.map(({ video }) => video) };
      const cause = await describeFirstNotFinite({
        ...failed,
        options: { training: true, random: random.fork("dropout") },
      });
      throw new NotFiniteError(
        `Training: the loss of step ${step} is ${loss}. ${cause} A lower learning rate may help.`,
      );
    }
    optimizer.update(parameters, result.gradients, state, schedule(step));
    const scores = (await logits?.data()) as Float32Array;
    const size = tagger.labels.length;
    return { loss, scores: samples.map((_, index) => scores.slice(index * size, (index + 1) * size)) };
  } finally {
    tf.dispose([input, labels, logits, result?.loss, ...(result?.gradients.values() ?? [])]);
  }
}
