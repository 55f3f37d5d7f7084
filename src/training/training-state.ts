import * as tf from "@tensorflow/tfjs-core";
import { adamW } from "./adam-w.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";
import { type Trained, trainableOf } from "./train-step.ts";
import type { WeightAverage } from "./weight-average.ts";

/** Numbers by name, so that they can be saved beside the parameters. */
export type Figures = Readonly<Record<string, number>>;

/** How far a training is: plain numbers, to be saved beside the parameters. */
export interface TrainingProgress {
  /** Epochs that are finished, measuring included. */
  readonly epoch: number;
  /** Steps done, over all epochs. */
  readonly step: number;
  /** The position in the data up to which the epoch under way has come; null before its first step. */
  readonly position: string | null;
  /** Of the epoch under way: its examples so far, their summed loss, and what else the steps have summed. */
  readonly examples: number;
  readonly loss: number;
  readonly sums: Figures;
  /** What the best epoch so far came to; null before the first. */
  readonly best: Figures | null;
  readonly epochsWithoutBetter: number;
  /** Whether the model holds its averaged weights, and the average its own: so from an epoch's end to the next step. */
  readonly isAveraged: boolean;
}

/**
 * All that training remembers from one step to the next, beside the model's parameters. Randomness needs no place here:
 * each step draws from streams of its own, forked by the seed and the step.
 */
export interface TrainingState {
  /** What the optimizer remembers, and the averaged weights where some are kept. */
  readonly optimizer: OptimizerState;
  progress: TrainingProgress;
}

/**
 * The state before the first step, owned by the caller: `disposeTrainingState` frees it.
 *
 * @param model whose parameters are trained: a TrainStep or a Module
 * @param options optimizer and average as `train` is given them
 */
export function createTrainingState(
  model: Trained,
  {
    optimizer = adamW(),
    average,
  }: { readonly optimizer?: Optimizer | undefined; readonly average?: WeightAverage | undefined } = {},
): TrainingState {
  const parameters = trainableOf(model);
  return {
    optimizer: new Map([...optimizer.init(parameters), ...(average?.init(parameters) ?? [])]),
    progress: {
      epoch: 0,
      step: 0,
      position: null,
      examples: 0,
      loss: 0,
      sums: {},
      best: null,
      epochsWithoutBetter: 0,
      isAveraged: false,
    },
  };
}

export function disposeTrainingState(state: TrainingState): void {
  tf.dispose([...state.optimizer.values()]);
}
