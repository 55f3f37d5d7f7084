import * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import type { SequenceBatch } from "../core/sequence-batch.ts";
import { gelu } from "../ops/gelu.ts";
import { Dropout } from "./dropout.ts";
import { LayerNorm } from "./layer-norm.ts";
import { Linear } from "./linear.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";

export interface TransformerBlockConfig {
  readonly size: number;
  readonly heads: number;
  /** Width of the feed-forward part's middle. */
  readonly innerSize: number;
  readonly activation: "relu" | "gelu";
  /** The chance of an output of attention or feed-forward to be dropped in training. */
  readonly hiddenDropout: number;
  /** The chance of an attention weight to be dropped in training. */
  readonly attentionDropout: number;
}

/**
 * A layer of a transformer encoder that normalizes after each part:
 *
 *     y = attentionNorm(x + dropout(attention(x)))
 *     z = feedForwardNorm(y + dropout(outer(activation(inner(y)))))
 *
 * Source: ERNIE 1.0's encoder_layer with the post-processing "dan" (dropout, add, norm), arXiv:1706.03762.
 */
export class TransformerBlock extends Module {
  readonly config: TransformerBlockConfig;
  readonly attention: MultiHeadAttention;
  readonly attentionNorm: LayerNorm;
  readonly inner: Linear;
  readonly outer: Linear;
  readonly feedForwardNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: TransformerBlockConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("TransformerBlock", config, {
      needed: {
        ...{ size: "size", heads: "size", innerSize: "size", activation: ["relu", "gelu"] },
        ...{ hiddenDropout: "rate", attentionDropout: "rate" },
      },
    });
    const { size, heads, innerSize, activation, hiddenDropout, attentionDropout } = config;
    this.attention = new MultiHeadAttention({ size, heads, dropoutRate: attentionDropout }, random);
    this.attentionNorm = new LayerNorm({ size });
    const fused = activation === "relu" ? "relu" : "linear";
    this.inner = new Linear({ inputSize: size, outputSize: innerSize, activation: fused }, random);
    this.outer = new Linear({ inputSize: innerSize, outputSize: size }, random);
    this.feedForwardNorm = new LayerNorm({ size });
    this.dropout = new Dropout({ rate: hiddenDropout });
  }

  /**
   * @param sequence values [batch, time, size] and mask [batch, time]
   * @returns values [batch, time, size], owned by the caller; rows at the padding have no meaning
   * @throws ShapeError when the sequence does not fit the config
   */
  forward(sequence: SequenceBatch, options: ForwardOptions = {}): tf.Tensor3D {
    return tf.tidy(() => {
      const drop = (values: tf.Tensor) => this.dropout.forward(values, options);
      const heard = this.attention.forward(sequence, options);
      const attended = this.attentionNorm.forward(tf.add(sequence.values, drop(heard)));
      const inner = this.inner.forward(attended, sequence.mask);
      const outer = this.outer.forward(this.config.activation === "gelu" ? gelu(inner) : inner, sequence.mask);
      return this.feedForwardNorm.forward(tf.add(attended, drop(outer))) as tf.Tensor3D;
    });
  }
}
