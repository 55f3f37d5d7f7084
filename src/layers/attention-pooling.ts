import * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../core/errors.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectSequence, type SequenceBatch } from "../core/sequence-batch.ts";
import { dense } from "../ops/dense.ts";
import { maskedSoftmax } from "../ops/masked-softmax.ts";
import { rowRange } from "../ops/row-gathering.ts";
import { weightedSum } from "../ops/weighted-sum.ts";
import { zeroPadding } from "../ops/zero-padding.ts";
import { Linear } from "./linear.ts";

export type AttentionPoolingConfig =
  | { readonly mode: "self"; readonly featureSize: number }
  | { readonly mode: "text-guided"; readonly featureSize: number; readonly textSize: number };

export type AttentionPoolingOutput = {
  /** [batch, featureSize] */
  readonly pooled: tf.Tensor2D;
  /** `[batch, time]`: sums to 1 over a sequence, 0 at padding */
  readonly weights: tf.Tensor2D;
};

/**
 * The weighted sum of a sequence's rows:
 * - `self`: weight_t = softmax over t of score(x_t)
 * - `text-guided`: weight_t = softmax over t of score(tanh(energy([x_t, text])))
 *
 * Source: MultimodalVideoTag's attention_weight_by_feature_seq2seq_attention, after arXiv:1409.0473.
 */
export class AttentionPooling extends Module {
  readonly config: AttentionPoolingConfig;
  /** In `text-guided` mode: featureSize + textSize -> featureSize, before its tanh. */
  readonly energy: Linear | undefined;
  /** featureSize -> 1. Its bias cancels in the softmax; it is there because checkpoints hold one. */
  readonly score: Linear;

  constructor(config: AttentionPoolingConfig, random: InitialValues) {
    super();
    this.config = config;
    const { featureSize } = config;
    this.energy =
      config.mode === "self"
        ? undefined
        : new Linear({ inputSize: featureSize + config.textSize, outputSize: featureSize }, random);
    this.score = new Linear({ inputSize: featureSize, outputSize: 1 }, random);
  }

  /**
   * @param sequence values [batch, time, featureSize] and mask [batch, time]
   * @param text [batch, textSize]: needed in `text-guided` mode, unused in `self` mode
   * @returns pooled and weights, owned by the caller
   * @throws ShapeError when an input does not fit the config, TypeError when the text is missing
   */
  forward(sequence: SequenceBatch, text?: tf.Tensor2D): AttentionPoolingOutput {
    const { config, energy, score } = this;
    expectSequence("AttentionPooling:", sequence, config.featureSize);
    const [batch, time] = sequence.mask.shape;
    return tf.tidy(() => {
      const values = zeroPadding(sequence);
      let scored: tf.Tensor = values;
      if (config.mode === "text-guided" && energy !== undefined) {
        if (text === undefined) throw new TypeError("AttentionPooling: text is needed in text-guided mode.");
        expectShape("AttentionPooling: text", text, [batch, config.textSize]);
        scored = guidedEnergy(energy, values, text, sequence.mask);
      }
      const weights = maskedSoftmax(tf.reshape(score.forward(scored), [batch, time]), sequence.mask);
      return { pooled: weightedSum(values, weights), weights };
    });
  }
}

/** energy([x_t, text]) as tanh(x_t * its upper rows + (text * its lower rows + bias)): the text's share once, not per row. */
function guidedEnergy({ kernel, bias }: Linear, values: tf.Tensor3D, text: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor {
  const featureSize = values.shape[2];
  const rows = kernel.shape[0];
  const ofText = dense(text, rowRange(kernel, featureSize, rows), bias);
  const ofValues = dense(values, rowRange(kernel, 0, featureSize), undefined, { mask });
  return tf.tanh(tf.add(ofValues, tf.expandDims(ofText, 1)));
}
