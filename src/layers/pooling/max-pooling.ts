import * as tf from "@tensorflow/tfjs-core";
import { expectOptions } from "../../core/options.ts";
import { expectSequence, type SequenceBatch } from "../../core/sequence-batch.ts";
import { maskedMax } from "../../ops/masked-max.ts";
import { zeroPadding } from "../../ops/zero-padding.ts";
import type { PoolingKind } from "./pooling-kind.ts";
import { type PooledSequence, TemporalPooling } from "./temporal-pooling.ts";

export interface MaxPoolingConfig {
  /** Width of a row. */
  readonly inputSize: number;
}

/**
 * The highest value of each column over a sequence's rows: `pooled_i = max over t of x_ti`. Of equal rows the first
 * one gets the gradient. It has no parameters.
 */
export class MaxPooling extends TemporalPooling {
  readonly config: MaxPoolingConfig;

  constructor(config: MaxPoolingConfig) {
    super();
    expectOptions("MaxPooling", config, { needed: { inputSize: "size" } });
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
    expectSequence("MaxPooling:", sequence, this.config.inputSize);
    return tf.tidy(() => ({ pooled: maskedMax(zeroPadding(sequence), sequence.mask) }));
  }
}

/** `{ kind: "max" }` */
export const MAX: PoolingKind = {
  fields: {},
  takesGuide: false,
  measure: (_, { inputSize }) => ({ outputSize: inputSize, parameters: 0 }),
  create: (_, { inputSize }) => new MaxPooling({ inputSize }),
};
