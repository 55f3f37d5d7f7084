import * as tf from "@tensorflow/tfjs-core";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";
import type { EpochFigures } from "./epoch-comparison.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";
import type { WeightAverage } from "./weight-average.ts";

/** How far a training is: plain numbers, to be saved beside the parameters. */
export interface TrainingProgress {
  /** Epochs that are finished, evaluation included. */
  readonly epoch: number;
  /** Steps done, over all epochs. */
  readonly step: number;
  /** The line of the list up to which the epoch under way has come, in its own order; null before its first step. */
  readonly line: number | null;
  /** Of the epoch under way: its videos so far, their summed loss, and how many had their best label right. */
  readonly videos: number;
  readonly loss: number;
  readonly hits: number;
  /** What the best epoch so far came to; null before the first. */
  readonly best: EpochFigures | null;
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

/** The state before the first step, owned by the caller: `disposeTrainingState` frees it. */
export function createTrainingState(
  { optimizer, average }: { readonly optimizer: Optimizer; readonly average?: WeightAverage | undefined },
  model: MultimodalTagger,
): TrainingState {
  const parameters = model.trainableParameters();
  return {
    optimizer: new Map([...optimizer.init(parameters), ...(average?.init(parameters) ?? [])]),
    progress: {
      epoch: 0,
      step: 0,
      line: null,
      videos: 0,
      loss: 0,
      hits: 0,
      best: null,
      epochsWithoutBetter: 0,
      isAveraged: false,
    },
  };
}

export function disposeTrainingState(state: TrainingState): void {
  tf.dispose([...state.optimizer.values()]);
}
