import * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import { absorbMoments, MomentCollector, mergeAllMoments } from "../core/moments.ts";
import { RandomStream } from "../core/random-stream.ts";
import { collateLabels, collateLossWeights } from "../data/collate.ts";
import { HitAtK } from "../metrics/hit-at-k.ts";
import type { Loss } from "../ops/loss.ts";
import type { LabelledVideo } from "../tagging/batch-tagger.ts";
import { splitByMemory } from "../tagging/memory-budget.ts";
import { videoCost } from "../tagging/video-cost.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { addGradients, addSums } from "./batch-sums.ts";
import { computeGradients, type LossAndGradients } from "./gradients.ts";
import { type LossConfig, lossOf } from "./loss-config.ts";
import { describeFirstNotFinite } from "./not-finite.ts";
import type { BatchGradients, StepOptions, TrainStep } from "./train-step.ts";

/** A video as the model shall see it in a training step: plain data, which can travel to another thread. */
export interface TrainingVideo extends LabelledVideo {
  /** How much it counts. Default 1. */
  readonly weight?: number | undefined;
  /** The classes of which it is known whether they are true of it. Default: all of them. */
  readonly knownClasses?: readonly number[] | undefined;
}

/** What a tagger learns from, beside videos. */
export interface VideoStepOptions {
  /** Default: what the model's head asks for, as in the original. It must be a sum over the videos. */
  readonly loss?: Loss | LossConfig | undefined;
  /** How much each class counts. Default: 1. */
  readonly classWeights?: readonly number[] | undefined;
}

/**
 * How videos would change a tagger. Videos that are too many for the tagger's budget of memory are taken in parts, and the
 * gradients of the parts are added: but for the last bits they are those of all. Each part then draws its dropout
 * from a stream of its own. It sums the `hits`: videos whose best label is one of the true ones.
 *
 * @returns a step that throws NotFiniteError when the loss is NaN or infinite, and names the first tensor that is not finite
 */
export function videoStep(
  tagger: VideoTagger,
  { loss: given, classWeights }: VideoStepOptions = {},
): Required<TrainStep<TrainingVideo>> {
  const { model } = tagger;
  const own: Loss = (logits, labels, weights) => model.loss(logits, labels, weights);
  const loss = given === undefined ? own : typeof given === "function" ? given : lossOf(given);
  return {
    parameters: () => model.parameters(),
    statistics: () => model.statistics(),
    absorb: (moments) => absorbMoments(model, moments),
    cost: (video) => videoCost(model.config, video).multiplications,
    async gradients(videos, { step, random }) {
      const parts = splitByMemory(videos, tagger.memoryLimit("training"));
      if (parts.length === 1) return partGradients(tagger, videos, { step, random, loss, classWeights });
      const whole = { loss: 0, sums: {}, gradients: new Map<string, tf.Tensor>(), moments: NO_MOMENTS };
      try {
        for (const [index, { places }] of parts.entries()) {
          const some = places.map((place) => videos[place] as TrainingVideo);
          const options = { step, random: random.fork(`part ${index}`), loss, classWeights };
          const part = await partGradients(tagger, some, options);
          whole.loss += part.loss;
          whole.sums = addSums(whole.sums, part.sums);
          addGradients(whole.gradients, part.gradients);
          whole.moments = mergeAllMoments(whole.moments, part.moments);
        }
        return whole;
      } catch (error) {
        tf.dispose([...whole.gradients.values()]);
        throw error;
      }
    },
  };
}

const NO_MOMENTS: NonNullable<BatchGradients["moments"]> = new Map();

interface PartOptions extends StepOptions {
  readonly loss: Loss;
  readonly classWeights: readonly number[] | undefined;
}

async function partGradients(
  tagger: VideoTagger,
  videos: readonly TrainingVideo[],
  { step, random, loss, classWeights }: PartOptions,
): Promise<BatchGradients> {
  const { model, labels: names } = tagger;
  const { input } = await tagger.inputs.prepare(videos, { training: true });
  const classes = videos.map((video) => video.classes);
  // A stream of the same state draws the same again.
  const options = () => ({ training: true, random: new RandomStream(random.state) }) as const;
  const collector = new MomentCollector();
  let labels: tf.Tensor2D | undefined;
  let weights: tf.Tensor2D | undefined;
  let logits: tf.Tensor2D | undefined;
  let result: LossAndGradients | undefined;
  let isDone = false;
  try {
    const trueLabels = collateLabels(classes, names.length, tagger.labelForm);
    labels = trueLabels;
    weights = weightsOf(videos, names.length, classWeights);
    result = computeGradients(() => {
      const output = model.forward(input, { ...options(), moments: collector });
      logits = tf.keep(output.logits);
      return loss(output.logits, trueLabels, weights);
    }, model.trainableParameters());
    const value = (await result.loss.data())[0] as number;
    if (!Number.isFinite(value)) {
      const failed = { model, input, videos: videos.map(({ video }) => video), options: options() };
      const cause = await describeFirstNotFinite(failed);
      throw new NotFiniteError(
        `Training: the loss of step ${step} is ${value}. ${cause} A lower learning rate may help.`,
      );
    }
    const hits = countHits(classes, (await logits?.data()) as Float32Array);
    const moments = await collector.read(model);
    isDone = true;
    return { loss: value, sums: { hits }, gradients: result.gradients, moments };
  } finally {
    collector.dispose();
    tf.dispose([input, labels, weights, logits, result?.loss]);
    if (!isDone) tf.dispose([...(result?.gradients.values() ?? [])]);
  }
}

/** What the terms of the loss are multiplied with; undefined where all are 1. */
function weightsOf(
  videos: readonly TrainingVideo[],
  numClasses: number,
  classWeights: readonly number[] | undefined,
): tf.Tensor2D | undefined {
  const isWeighted = videos.some(({ weight, knownClasses }) => weight !== undefined || knownClasses !== undefined);
  if (classWeights === undefined && !isWeighted) return undefined;
  return collateLossWeights(videos.length, numClasses, {
    ...(classWeights && { classWeights }),
    videoWeights: videos.map(({ weight = 1 }) => weight),
    knownClasses: videos.map(({ knownClasses }) => knownClasses),
  });
}

function countHits(classes: readonly (readonly number[])[], logits: Float32Array): number {
  const hits = new HitAtK([1]);
  const size = logits.length / classes.length;
  for (const [row, own] of classes.entries()) hits.add(logits.subarray(row * size, (row + 1) * size), own);
  return Math.round((hits.result().get(1) as number) * classes.length);
}
