import * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../../core/errors.ts";
import type { InitialValues } from "../../core/initializers.ts";
import { expectOptions } from "../../core/options.ts";
import { expectSequence, type SequenceBatch } from "../../core/sequence-batch.ts";
import { dense } from "../../ops/dense.ts";
import { maskedSoftmax } from "../../ops/masked-softmax.ts";
import { rowRange } from "../../ops/row-gathering.ts";
import { weightedSum } from "../../ops/weighted-sum.ts";
import { zeroPadding } from "../../ops/zero-padding.ts";
import { Linear } from "../linear.ts";
import type { PoolingKind } from "./pooling-kind.ts";
import { TemporalPooling } from "./temporal-pooling.ts";

export interface AttentionPoolingConfig {
  /** Width of a row. */
  readonly inputSize: number;
  /** Width of the vector that guides the attention. Default: none does. */
  readonly guideSize?: number | undefined;
}

export type AttentionPoolingOutput = {
  /** [batch, inputSize] */
  readonly pooled: tf.Tensor2D;
  /** `[batch, time]`: sums to 1 over a sequence, 0 at padding */
  readonly weights: tf.Tensor2D;
};

/**
 * The weighted sum of a sequence's rows:
 * - by itself: weight_t = softmax over t of score(x_t)
 * - guided: weight_t = softmax over t of score(tanh(energy([x_t, guide])))
 *
 * Source: MultimodalVideoTag's attention_weight_by_feature_seq2seq_attention, after arXiv:1409.0473.
 */
export class AttentionPooling extends TemporalPooling {
  readonly config: AttentionPoolingConfig;
  /** Where it is guided: inputSize + guideSize -> inputSize, before its tanh. */
  readonly energy: Linear | undefined;
  /** inputSize -> 1. Its bias cancels in the softmax; it is there because checkpoints hold one. */
  readonly score: Linear;

  constructor(config: AttentionPoolingConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("AttentionPooling", config, { needed: { inputSize: "size" }, optional: { guideSize: "size" } });
    const { inputSize, guideSize } = config;
    this.energy =
      guideSize === undefined
        ? undefined
        : new Linear({ inputSize: inputSize + guideSize, outputSize: inputSize }, random);
    this.score = new Linear({ inputSize, outputSize: 1 }, random);
  }

  get outputSize(): number {
    return this.config.inputSize;
  }

  /**
   * @param sequence values [batch, time, inputSize] and mask [batch, time]
   * @param guide [batch, guideSize]: needed where the config has a guideSize, unused elsewhere
   * @returns pooled and weights, owned by the caller
   * @throws ShapeError when an input does not fit the config, TypeError when the guide is missing
   */
  forward(sequence: SequenceBatch, guide?: tf.Tensor2D): AttentionPoolingOutput {
    expectSequence("AttentionPooling:", sequence, this.config.inputSize);
    return tf.tidy(() => {
      const values = zeroPadding(sequence);
      const weights = maskedSoftmax(this.scores({ values, mask: sequence.mask }, guide), sequence.mask);
      return { pooled: weightedSum(values, weights), weights };
    });
  }

  /**
   * What the softmax is made of.
   *
   * @param sequence values [batch, time, inputSize], zeros at the padding, and mask [batch, time]
   * @returns [batch, time], owned by the caller; scores at the padding have no meaning
   */
  scores({ values, mask }: SequenceBatch, guide?: tf.Tensor2D): tf.Tensor2D {
    const { config, energy, score } = this;
    const [batch, time] = mask.shape;
    return tf.tidy(() => {
      let scored: tf.Tensor = values;
      if (config.guideSize !== undefined && energy !== undefined) {
        if (guide === undefined) throw new TypeError("AttentionPooling: it is guided, so it needs a guide. Got none.");
        expectShape("AttentionPooling: guide", guide, [batch, config.guideSize]);
        scored = guidedEnergy(energy, values, guide, mask);
      }
      return tf.reshape(score.forward(scored), [batch, time]);
    });
  }
}

/** energy([x_t, guide]) as tanh(x_t * its upper rows + (guide * its lower rows + bias)): the guide's share once, not per row. */
function guidedEnergy({ kernel, bias }: Linear, values: tf.Tensor3D, guide: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor {
  const inputSize = values.shape[2];
  const rows = kernel.shape[0];
  const ofGuide = dense(guide, rowRange(kernel, inputSize, rows), bias);
  const ofValues = dense(values, rowRange(kernel, 0, inputSize), undefined, { mask });
  return tf.tanh(tf.add(ofValues, tf.expandDims(ofGuide, 1)));
}

/** `{ kind: "attention" }` */
export const ATTENTION: PoolingKind = {
  fields: {},
  takesGuide: true,
  measure: (_, { inputSize, guideSize }) => {
    const energy = guideSize === undefined ? 0 : (inputSize + guideSize + 1) * inputSize;
    return { outputSize: inputSize, parameters: energy + inputSize + 1 };
  },
  create: (_, sizes, random) => new AttentionPooling(sizes, random),
};
