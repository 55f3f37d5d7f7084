import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../../core/forward-options.ts";
import { Module } from "../../core/module.ts";
import type { SequenceBatch } from "../../core/sequence-batch.ts";

export type PooledSequence = {
  /** [batch, outputSize]; zeros for a sequence without any row */
  readonly pooled: tf.Tensor2D;
  /** `[batch, time]`, where the pooling weighs rows: how much each one counts; 0 at the padding */
  readonly weights?: tf.Tensor2D;
};

/**
 * One vector for a sequence of rows, however many it has. Padding never counts, and a sequence without any row gives
 * zeros.
 */
export abstract class TemporalPooling extends Module {
  /** Width of the vector. */
  abstract readonly outputSize: number;

  /**
   * @param sequence values [batch, time, inputSize] and mask [batch, time]
   * @param guide [batch, guideSize], another vector of each video that says what to look for, where the pooling takes one
   * @returns owned by the caller
   * @throws ShapeError when an input does not fit the pooling
   */
  abstract forward(sequence: SequenceBatch, guide?: tf.Tensor2D, options?: ForwardOptions): PooledSequence;
}
