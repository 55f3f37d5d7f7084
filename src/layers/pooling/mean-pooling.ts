import * as tf from "@tensorflow/tfjs-core";
import { expectOptions } from "../../core/options.ts";
import { expectSequence, type SequenceBatch } from "../../core/sequence-batch.ts";
import { weightedSum } from "../../ops/weighted-sum.ts";
import { zeroPadding } from "../../ops/zero-padding.ts";
import type { PoolingKind } from "./pooling-kind.ts";
import { type PooledSequence, TemporalPooling } from "./temporal-pooling.ts";

export interface MeanPoolingConfig {
  /** Width of a row. */
  readonly inputSize: number;
}

/** The mean of a sequence's rows: `pooled = 1/n * sum over its n rows of x_t`. It has no parameters. */
export class MeanPooling extends TemporalPooling {
  readonly config: MeanPoolingConfig;

  constructor(config: MeanPoolingConfig) {
    super();
    expectOptions("MeanPooling", config, { needed: { inputSize: "size" } });
    this.config = config;
  }

  get outputSize(): number {
    return this.config.inputSize;
  }

  /**
   * @param sequence values [batch, time, inputSize] and mask [batch, time]
   * @returns pooled [batch, inputSize], owned by the caller
   * @throws ShapeError when the sequence does not fit the config
   */
  forward(sequence: SequenceBatch): PooledSequence {
    expectSequence("MeanPooling:", sequence, this.config.inputSize);
    return tf.tidy(() => {
      const rows = tf.maximum(tf.sum(sequence.mask, 1, true), 1);
      return { pooled: weightedSum(zeroPadding(sequence), tf.div(sequence.mask, rows)) };
    });
  }
}

/** `{ kind: "mean" }` */
export const MEAN: PoolingKind = {
  fields: {},
  takesGuide: false,
  measure: (_, { inputSize }) => ({ outputSize: inputSize, parameters: 0 }),
  create: (_, { inputSize }) => new MeanPooling({ inputSize }),
};
