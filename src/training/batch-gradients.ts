import * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import { RandomStream } from "../core/random-stream.ts";
import { collateLabels, collateLossWeights } from "../data/collate.ts";
import type { Loss } from "../ops/loss.ts";
import type { BatchTagger } from "../tagging/batch-tagger.ts";
import { type MemoryLimit, splitByMemory } from "../tagging/memory-budget.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { computeGradients, type LossAndGradients } from "./gradients.ts";
import { describeFirstNotFinite } from "./not-finite.ts";
import type { BatchGradients } from "./train-step.ts";
import { partOfBatch, type TrainingBatch } from "./training-batch.ts";

/** What a step of a tagger's training takes from its batch. */
export interface TaggerGradients extends BatchGradients {
  /** [numClasses] a video */
  readonly logits: readonly Float32Array[];
}

/** Threads that hold a tagger each and share the work of a training: `startWorkers` of multimodal-video-tag/node. */
export interface TrainingWorkers extends BatchTagger {
  /** As batchGradients, of the parameters that the tagger has now. */
  batchGradients(batch: TrainingBatch, dropout: RandomStream): Promise<TaggerGradients>;
  /** What a thread's part of a batch may take. */
  memoryLimit(pass: "prediction" | "training"): MemoryLimit;
  /** Gives the threads the parameters that the tagger has now. */
  refresh(): Promise<void>;
}

/**
 * Computes the loss of a batch and how it changes with each parameter. A batch that is too large for the tagger's budget of memory
 * is split, and the gradients of its parts are added: but for the last bits they are the batch's. Each part then draws its dropout
 * from a stream of its own.
 *
 * @param dropout what dropout draws from
 * @param loss default: what the model's head asks for
 * @throws NotFiniteError when the loss is NaN or infinite, which names the first tensor that is not finite
 */
export async function batchGradients(
  tagger: VideoTagger,
  batch: TrainingBatch,
  dropout: RandomStream,
  loss?: Loss,
): Promise<TaggerGradients> {
  const parts = splitByMemory(batch.videos, tagger.memoryLimit("training"));
  if (parts.length === 1) return partGradients(tagger, batch, dropout, loss);
  const gradients = new Map<string, tf.Tensor>();
  const logits = new Array<Float32Array>(batch.videos.length);
  let sum = 0;
  try {
    for (const [index, { places }] of parts.entries()) {
      const own = await partGradients(tagger, partOfBatch(batch, places), dropout.fork(`part ${index}`), loss);
      sum += own.loss;
      for (const [row, place] of places.entries()) logits[place] = own.logits[row] as Float32Array;
      for (const [path, gradient] of own.gradients) {
        const before = gradients.get(path);
        gradients.set(path, before === undefined ? gradient : tf.add(before, gradient));
        if (before !== undefined) tf.dispose([before, gradient]);
      }
    }
    return { loss: sum, logits, gradients };
  } catch (error) {
    tf.dispose([...gradients.values()]);
    throw error;
  }
}

async function partGradients(
  tagger: VideoTagger,
  { step, videos, weights: given }: TrainingBatch,
  dropout: RandomStream,
  loss: Loss | undefined,
): Promise<TaggerGradients> {
  const { model, labels: names } = tagger;
  const { input } = await tagger.inputs.prepare(videos, { training: true });
  const lossOf = loss ?? ((logits, labels, weights) => model.loss(logits, labels, weights));
  // A stream of the same state draws the same again.
  const options = () => ({ training: true, random: new RandomStream(dropout.state) }) as const;
  let labels: tf.Tensor2D | undefined;
  let weights: tf.Tensor2D | undefined;
  let logits: tf.Tensor2D | undefined;
  let result: LossAndGradients | undefined;
  let isDone = false;
  try {
    const classes = videos.map((video) => video.classes);
    const trueLabels = collateLabels(classes, names.length, tagger.labelForm);
    labels = trueLabels;
    weights = given && collateLossWeights(videos.length, names.length, given);
    result = computeGradients(() => {
      const output = model.forward(input, options());
      logits = tf.keep(output.logits);
      return lossOf(output.logits, trueLabels, weights);
    }, model.trainableParameters());
    const value = (await result.loss.data())[0] as number;
    if (!Number.isFinite(value)) {
      const failed = { model, input, videos: videos.map(({ video }) => video), options: options() };
      const cause = await describeFirstNotFinite(failed);
      throw new NotFiniteError(
        `Training: the loss of step ${step} is ${value}. ${cause} A lower learning rate may help.`,
      );
    }
    const values = (await logits?.data()) as Float32Array;
    const rows = videos.map((_, index) => values.slice(index * names.length, (index + 1) * names.length));
    isDone = true;
    return { loss: value, logits: rows, gradients: result.gradients };
  } finally {
    tf.dispose([input, labels, weights, logits, result?.loss]);
    if (!isDone) tf.dispose([...(result?.gradients.values() ?? [])]);
  }
}
