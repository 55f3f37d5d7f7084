import * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import { expectMembers, expectOptions } from "../core/options.ts";
import { RandomStream } from "../core/random-stream.ts";
import { adamW } from "./adam-w.ts";
import { addSums } from "./batch-sums.ts";
import { clipByGlobalNorm } from "./gradient-clipping.ts";
import { describeNotFiniteParameter } from "./not-finite.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";
import { type BatchGradients, type TrainStep, trainableOf } from "./train-step.ts";
import { dataOf, type PlacedExample, type TrainingData } from "./training-data.ts";
import { createTrainingState, disposeTrainingState, type Figures, type TrainingState } from "./training-state.ts";
import type { WeightAverage } from "./weight-average.ts";

/** How long a training goes, and by which rules. All of it has a default. */
export interface TrainingRules {
  /** Default: AdamW. */
  readonly optimizer?: Optimizer;
  /** Default: 0.001 at every step. */
  readonly schedule?: Schedule;
  /** The norm to which the gradients of a step are clipped, all together. Default: they are not. */
  readonly maxGradientNorm?: number;
  /** Keeps averaged weights: what an epoch is measured with, and what the model holds when an epoch is told of. */
  readonly average?: WeightAverage;
  /** Passes over the training data. Default 10. */
  readonly epochs?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Training ends after more than this many epochs in a row of which none is the best so far. Default: it does not. */
  readonly earlyStop?: number;
  /** Of shuffling and dropout. Default 0. */
  readonly seed?: number;
  /** Stops between two steps. Its reason is thrown; the state is that of the last event. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Where to go on, and what is brought up to date before each event; it stays the caller's. A training that goes on
   * from a saved state, with the parameters and the data of that moment, gives bit for bit what it would have given
   * without a break. Default: from the beginning.
   */
  readonly state?: TrainingState;
}

export interface TrainOptions<Example, Measured extends Figures = Figures> extends TrainingRules {
  /** The model, and how a batch would change it: `stepOf`, or threads that share the work. */
  readonly step: TrainStep<Example>;
  readonly data: readonly Example[] | TrainingData<Example>;
  /** Measures the model after each epoch: finite numbers by name. Default: the epoch's own mean loss, as `loss`. */
  readonly measure?: () => Measured | Promise<Measured>;
  /** Whether an epoch's figures are better than those of the best epoch before. Default: the lower `loss` is. */
  readonly isBetter?: (now: Measured, best: Measured) => boolean;
}

/** After each batch. */
export interface StepEvent {
  readonly kind: "step";
  /** From 0. */
  readonly epoch: number;
  /** From 0, over all epochs. */
  readonly step: number;
  /** Examples of this epoch so far, and those that the data offer. */
  readonly examples: number;
  readonly ofExamples: number;
  /** The mean loss of an example in this epoch so far. */
  readonly loss: number;
  /** What else the steps have summed in this epoch so far: the mean of an example, by name. */
  readonly means: Figures;
}

/** After each epoch. */
export interface EpochEvent<Measured extends Figures = Figures> {
  readonly kind: "epoch";
  /** From 0. */
  readonly epoch: number;
  readonly learningRate: number;
  /** The mean loss of a training example. */
  readonly loss: number;
  /** What the model was measured to be. */
  readonly figures: Measured;
  /** Whether it is the best so far. */
  readonly isBest: boolean;
  /** Whether training ends here, because it is the last epoch or none was better for too long. */
  readonly isLast: boolean;
}

/**
 * Trains a model, an epoch after the other: shuffled batches, then a measurement. It tells of every step and epoch,
 * and goes on when it is asked for more; to stop, leave the loop. Between two events nothing is half done: parameters
 * and state can be saved.
 *
 *     for await (const event of train({ step, data: examples })) console.log(event);
 *
 * The gradient is that of the loss summed over a batch: with an optimizer that does not scale it, the right learning rate
 * depends on the batch size.
 *
 * @throws RangeError when the data have no example; NotFiniteError when the loss, a parameter or a figure is NaN or infinite
 */
export async function* train<Example, Measured extends Figures = Figures>(
  options: TrainOptions<Example, Measured>,
): AsyncGenerator<StepEvent | EpochEvent<Measured>> {
  expectOptions("train", options, {
    needed: { step: "object", data: "object" },
    optional: { ...RULE_KINDS, measure: "function", isBetter: "function" },
  });
  expectMembers("train: step", options.step, { parameters: "function", gradients: "function" });
  const settled = withDefaults(options);
  const state = options.state ?? createTrainingState(options.step, settled);
  try {
    while (isUnderWay(settled, state)) {
      yield* trainEpoch(settled, state);
      const event = await measureEpoch(settled, state);
      yield { ...event, isLast: !isUnderWay(settled, state) };
    }
  } finally {
    if (options.state === undefined) disposeTrainingState(state);
  }
}

/** What the options of TrainingRules can be, for callers without types. */
export const RULE_KINDS = {
  optimizer: "object",
  schedule: "function",
  maxGradientNorm: "number",
  average: "object",
  epochs: "size",
  batchSize: "size",
  earlyStop: "number",
  seed: "number",
  signal: "object",
  state: "object",
} as const;

/** Options in which nothing is left open that the loop needs. */
type Settled<Example, Measured extends Figures> = TrainOptions<Example, Measured> &
  Required<Pick<TrainingRules, "optimizer" | "schedule" | "epochs" | "batchSize" | "earlyStop" | "seed">> & {
    readonly data: TrainingData<Example>;
  };

function withDefaults<Example, Measured extends Figures>(
  options: TrainOptions<Example, Measured>,
): Settled<Example, Measured> {
  const { data, optimizer = adamW(), schedule = () => 0.001, epochs = 10, batchSize = 32, seed = 0 } = options;
  const { earlyStop = Number.POSITIVE_INFINITY } = options;
  const source = "examples" in data ? data : dataOf(data);
  return { ...options, data: source, optimizer, schedule, epochs, batchSize, earlyStop, seed };
}

/** What the steps of an epoch need of the options. */
type Steps<Example> = Omit<Settled<Example, never>, "measure" | "isBetter">;

/** Whether there is an epoch to do: not all are done, and not too many went by without a better one. */
export function isUnderWay(
  { epochs, earlyStop }: Required<Pick<TrainingRules, "epochs" | "earlyStop">>,
  { progress }: TrainingState,
): boolean {
  return progress.epoch < epochs && progress.epochsWithoutBetter <= earlyStop;
}

/** The steps of the epoch under way that are still to do. */
async function* trainEpoch<Example>(options: Steps<Example>, state: TrainingState): AsyncGenerator<StepEvent> {
  const { data, batchSize } = options;
  exchangeAverage(options, state, false);
  const { epoch, position: after } = state.progress;
  const random = new RandomStream(options.seed);
  const order = { order: random.fork(`shuffle ${epoch}`), ...(after !== null && { after }) };
  for await (const { examples, position } of batchesOf(data.examples(order), batchSize)) {
    options.signal?.throwIfAborted();
    const { step } = state.progress;
    const result = await trainStep(options, state, examples, random.fork(`step ${step}`));
    const { progress } = state;
    state.progress = {
      ...progress,
      step: step + 1,
      position,
      examples: progress.examples + examples.length,
      loss: progress.loss + result.loss,
      sums: addSums(progress.sums, result.sums),
    };
    yield { kind: "step", epoch, step, ofExamples: data.size, ...soFar(state) };
  }
  if (state.progress.examples === 0) throw new RangeError(`train: there is no example in ${data.name}.`);
}

/** Examples as they come, so many at a time; the last batch may be smaller. */
async function* batchesOf<Example>(
  placed: AsyncIterable<PlacedExample<Example>>,
  batchSize: number,
): AsyncGenerator<{ readonly examples: readonly Example[]; readonly position: string }> {
  let examples: Example[] = [];
  let last = "";
  for await (const { example, position } of placed) {
    examples.push(example);
    last = position;
    if (examples.length < batchSize) continue;
    yield { examples, position };
    examples = [];
  }
  if (examples.length > 0) yield { examples, position: last };
}

/** What the epoch under way has come to. */
function soFar({ progress: { examples, loss, sums } }: TrainingState): Pick<StepEvent, "examples" | "loss" | "means"> {
  const means = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / examples]));
  return { examples, loss: loss / examples, means };
}

/** Puts the averaged weights into the model, or its own back. */
function exchangeAverage<Example>({ average, step }: Steps<Example>, state: TrainingState, isAveraged: boolean): void {
  if (average === undefined || state.progress.isAveraged === isAveraged) return;
  average.swap(trainableOf(step), state.optimizer);
  state.progress = { ...state.progress, isAveraged };
}

/** Measures the epoch that has done its steps, and finishes it. */
async function measureEpoch<Example, Measured extends Figures>(
  options: Settled<Example, Measured>,
  state: TrainingState,
): Promise<Omit<EpochEvent<Measured>, "isLast">> {
  exchangeAverage(options, state, true);
  const { schedule, isBetter = hasLowerLoss } = options;
  const { epoch, step, best, epochsWithoutBetter } = state.progress;
  const spoiled = await describeNotFiniteParameter(trainableOf(options.step));
  if (spoiled !== undefined) throw new NotFiniteError(`Training: after step ${step - 1}. ${spoiled}`);
  const { loss } = soFar(state);
  const figures = (await options.measure?.()) ?? ({ loss } as Figures as Measured);
  expectFinite(figures, epoch);
  const isBest = best === null || isBetter(figures, best as Measured);
  state.progress = {
    ...state.progress,
    epoch: epoch + 1,
    position: null,
    examples: 0,
    loss: 0,
    sums: {},
    best: isBest ? figures : best,
    epochsWithoutBetter: isBest ? 0 : epochsWithoutBetter + 1,
  };
  return { kind: "epoch", epoch, learningRate: schedule(step - 1), loss, figures, isBest };
}

function hasLowerLoss({ loss: now }: Figures, { loss: best }: Figures): boolean {
  if (now === undefined || best === undefined) {
    throw new TypeError("train: measure gives no loss to compare epochs by, and there is no isBetter.");
  }
  return now < best;
}

/** What is saved beside the parameters must be numbers that JSON can hold. */
function expectFinite(figures: Figures, epoch: number): void {
  for (const [name, figure] of Object.entries(figures)) {
    if (Number.isFinite(figure)) continue;
    throw new NotFiniteError(`Training: the figure ${name} of epoch ${epoch} must be a finite number. Got ${figure}.`);
  }
}

/** One step of gradient descent: what the batch came to, before the parameters change. */
async function trainStep<Example>(
  options: Steps<Example>,
  state: TrainingState,
  examples: readonly Example[],
  random: RandomStream,
): Promise<Omit<BatchGradients, "gradients">> {
  const { step } = state.progress;
  const { gradients, ...result } = await options.step.gradients(examples, { step, random });
  try {
    update(options, gradients, state);
    if (result.moments) options.step.absorb?.(result.moments);
    return result;
  } finally {
    tf.dispose([...gradients.values()]);
  }
}

function update<Example>(
  { step, optimizer, schedule, maxGradientNorm, average }: Steps<Example>,
  gradients: ReadonlyMap<string, tf.Tensor>,
  state: TrainingState,
): void {
  const parameters = trainableOf(step);
  const clipped = maxGradientNorm === undefined ? undefined : clipByGlobalNorm(gradients, maxGradientNorm);
  try {
    optimizer.update(parameters, clipped?.gradients ?? gradients, state.optimizer, schedule(state.progress.step));
    average?.update(parameters, state.optimizer);
  } finally {
    if (clipped) tf.dispose([clipped.norm, ...clipped.gradients.values()]);
  }
}
