import * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import { expectSequence, type SequenceBatch } from "../core/sequence-batch.ts";
import { attention, attentionWeights, joinHeads, splitHeads } from "../ops/attention.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";

export interface MultiHeadAttentionConfig {
  readonly size: number;
  /** Divides size. */
  readonly heads: number;
  /** The chance of an attention weight to be dropped in training. */
  readonly dropoutRate: number;
}

/**
 * Self-attention of a sequence with several heads: `output(attention(query(x), key(x), value(x)))`. The formula stands at
 * `attention` in ops; in training a part of its weights is dropped.
 *
 * Source: ERNIE 1.0's multi_head_attention, arXiv:1706.03762.
 */
export class MultiHeadAttention extends Module {
  readonly config: MultiHeadAttentionConfig;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly dropout: Dropout;

  constructor(config: MultiHeadAttentionConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("MultiHeadAttention", config, { needed: { size: "size", heads: "size", dropoutRate: "rate" } });
    const { size, heads, dropoutRate } = config;
    if (size % heads !== 0) throw new RangeError(`MultiHeadAttention: ${heads} heads do not divide a size of ${size}.`);
    const projection = () => new Linear({ inputSize: size, outputSize: size }, random);
    this.query = projection();
    this.key = projection();
    this.value = projection();
    this.output = projection();
    this.dropout = new Dropout({ rate: dropoutRate });
  }

  /**
   * @param sequence values [batch, time, size] and mask [batch, time]
   * @returns [batch, time, size], owned by the caller; rows at the padding have no meaning
   * @throws ShapeError when the sequence does not fit the config
   */
  forward(sequence: SequenceBatch, options: ForwardOptions = {}): tf.Tensor3D {
    const { size, heads, dropoutRate } = this.config;
    expectSequence("MultiHeadAttention:", sequence, size);
    const { values, mask } = sequence;
    return tf.tidy(() => {
      const [query, key, value] = [this.query, this.key, this.value].map((layer) => layer.forward(values, mask)) as [
        tf.Tensor3D,
        tf.Tensor3D,
        tf.Tensor3D,
      ];
      const heard =
        options.training && dropoutRate > 0
          ? this.#attendWithDropout([query, key, value], mask, options)
          : attention(query, key, value, mask, heads);
      return this.output.forward(heard, mask) as tf.Tensor3D;
    });
  }

  #attendWithDropout(
    projections: readonly [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D],
    mask: tf.Tensor2D,
    options: ForwardOptions,
  ): tf.Tensor3D {
    const { heads } = this.config;
    const [query, key, value] = projections.map((rows) => splitHeads(rows, heads)) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ];
    const weights = this.dropout.forward(attentionWeights(query, key, mask), options);
    return joinHeads(tf.matMul(weights, value), heads);
  }
}
