import * as tf from "@tensorflow/tfjs-core";
import { expectSize } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectSequence, type SequenceBatch } from "../core/sequence-batch.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";

export interface MultiHeadAttentionConfig {
  readonly size: number;
  /** Divides size. */
  readonly heads: number;
  /** The chance of an attention weight to be dropped in training. */
  readonly dropoutRate: number;
}

/** What a masked-out score is moved by. Far enough for a weight of 0, near enough to stay exact in ERNIE's own way. */
const MASKED_OUT = 10_000;

/**
 * Self-attention of a sequence with several heads:
 *
 *     weights = softmax(query * key^T / sqrt(size / heads) + 10000 * (m m^T - 1))     m: the mask as a column
 *     output(weights * value)
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
    const { size, heads, dropoutRate } = config;
    expectSize("MultiHeadAttention: heads", heads);
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
    const { size, heads } = this.config;
    expectSequence("MultiHeadAttention:", sequence, size);
    const { values, mask } = sequence;
    const [batch, time] = mask.shape;
    const headSize = size / heads;
    return tf.tidy(() => {
      const split = (rows: tf.Tensor) =>
        tf.reshape(tf.transpose(tf.reshape(rows, [batch, time, heads, headSize]), [0, 2, 1, 3]), [-1, time, headSize]);
      const query = split(tf.mul(this.query.forward(values), headSize ** -0.5));
      const keyTransposed = tf.transpose(split(this.key.forward(values)), [0, 2, 1]);
      const scores = tf.reshape(tf.matMul(query, keyTransposed), [batch, heads, time, time]);
      const weights = tf.softmax(tf.add(scores, attentionBias(mask)));
      const dropped = tf.reshape(this.dropout.forward(weights, options), [-1, time, time]);
      const heard = tf.reshape(tf.matMul(dropped, split(this.value.forward(values))), [batch, heads, time, headSize]);
      return this.output.forward(tf.reshape(tf.transpose(heard, [0, 2, 1, 3]), [batch, time, size])) as tf.Tensor3D;
    });
  }
}

/** [batch, time] -> [batch, 1, time, time]: 0 between two tokens, -10000 where one of them is padding. */
function attentionBias(mask: tf.Tensor2D): tf.Tensor4D {
  const both = tf.mul(tf.expandDims(mask, 2), tf.expandDims(mask, 1));
  return tf.expandDims(tf.mul(tf.sub(both, 1), MASKED_OUT), 1);
}
