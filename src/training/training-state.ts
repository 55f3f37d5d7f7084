import * as tf from "@tensorflow/tfjs-core";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

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
  /** The best Hit@1 of an epoch so far; null before the first. */
  readonly bestHitAt1: number | null;
  readonly epochsWithoutBetter: number;
}

/**
 * All that training remembers from one step to the next, beside the model's parameters. Randomness needs no place here:
 * each step draws from streams of its own, forked by the seed and the step.
 */
export interface TrainingState {
  readonly optimizer: OptimizerState;
  progress: TrainingProgress;
}

/** The state before the first step, owned by the caller: `disposeTrainingState` frees it. */
export function createTrainingState(optimizer: Optimizer, model: MultimodalTagger): TrainingState {
  return {
    optimizer: optimizer.init(model.trainableParameters()),
    progress: {
      epoch: 0,
      step: 0,
      line: null,
      videos: 0,
      loss: 0,
      hits: 0,
      bestHitAt1: null,
      epochsWithoutBetter: 0,
    },
  };
}

export function disposeTrainingState(state: TrainingState): void {
  tf.dispose([...state.optimizer.values()]);
}
