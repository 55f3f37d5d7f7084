import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, hasFasterKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { denseKernel } from "./dense.ts";

export type AttentionAttributes = { readonly heads: number };

/** What a masked-out score is moved by. Far enough for a weight of 0, near enough to stay exact in ERNIE's own way. */
export const MASKED_OUT = 10_000;

/** [batch, time, size] each, but the mask: [batch, time]. */
export type AttentionInputs = {
  readonly query: tf.Tensor3D;
  readonly key: tf.Tensor3D;
  readonly value: tf.Tensor3D;
  readonly mask: tf.Tensor2D;
};

export const attentionKernel: ComposedKernel<AttentionInputs, [tf.Tensor3D], AttentionAttributes> = {
  name: "MultimodalVideoTagAttention",
  forward: ({ query, key, value, mask }, { heads }) => {
    const q = splitHeads(query, heads);
    const k = splitHeads(key, heads);
    const v = splitHeads(value, heads);
    return [joinHeads(tf.matMul(attentionWeights(q, k, mask), v), heads)];
  },
  savedOutputs: [false],
  gradient: ([dy], { query, key, value, mask }, _outputs, { heads }) => {
    const q = splitHeads(query, heads);
    const k = splitHeads(key, heads);
    const v = splitHeads(value, heads);
    const d = splitHeads(dy, heads);
    // The weights are made again: to keep them for each layer would cost more memory than all else.
    const weights = attentionWeights(q, k, mask);
    const dWeights = tf.matMul(d, transposed(v));
    const weighted = tf.mul(dWeights, weights);
    const inSoftmax: tf.Tensor3D = tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
    const dScores: tf.Tensor3D = tf.mul(inSoftmax, scaleOf(q));
    return {
      query: () => joinHeads(tf.matMul(dScores, k), heads),
      key: () => joinHeads(tf.matMul(transposed(dScores), q), heads),
      value: () => joinHeads(tf.matMul(transposed(weights), d), heads),
      mask: () => tf.zerosLike(mask),
    };
  },
};

/**
 * Attention of a sequence's rows to each other, with several heads. Each head has its columns of query, key and value:
 *
 *     softmax(query * key^T / sqrt(size / heads) + 10000 * (m m^T - 1)) * value     m: the mask as a column
 *
 * Source: ERNIE 1.0's multi_head_attention, arXiv:1706.03762.
 *
 * @param query [batch, time, size], key and value likewise
 * @param mask [batch, time] of ones and zeros
 * @returns [batch, time, size], owned by the caller; rows at the padding have no meaning
 */
export function attention(
  query: tf.Tensor3D,
  key: tf.Tensor3D,
  value: tf.Tensor3D,
  mask: tf.Tensor2D,
  heads: number,
): tf.Tensor3D {
  return runComposedKernel(attentionKernel, { query, key, value, mask }, { heads })[0];
}

/** Whether, on the current backend, padded rows are not computed and change no other row's last bits. */
export function passesOverPadding(): boolean {
  return hasFasterKernel(attentionKernel) && hasFasterKernel(denseKernel);
}

/** [batch, time, size] -> [batch * heads, time, size / heads] */
export function splitHeads(rows: tf.Tensor3D, heads: number): tf.Tensor3D {
  const [batch, time, size] = rows.shape;
  const split = tf.transpose(tf.reshape(rows, [batch, time, heads, size / heads]), [0, 2, 1, 3]);
  return tf.reshape(split, [batch * heads, time, size / heads]);
}

/** [batch * heads, time, size / heads] -> [batch, time, size] */
export function joinHeads(rows: tf.Tensor3D, heads: number): tf.Tensor3D {
  const [all, time, headSize] = rows.shape;
  const batch = all / heads;
  const joined = tf.transpose(tf.reshape(rows, [batch, heads, time, headSize]), [0, 2, 1, 3]);
  return tf.reshape(joined, [batch, time, heads * headSize]);
}

/**
 * How much each row of a head listens to each other one: [batch * heads, time, time].
 *
 * @param query [batch * heads, time, headSize], key likewise
 * @param mask [batch, time]
 */
export function attentionWeights(query: tf.Tensor3D, key: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor3D {
  const [all, time] = query.shape;
  const batch = mask.shape[0];
  const scores = tf.matMul(tf.mul(query, scaleOf(query)), transposed(key));
  const both = tf.mul(tf.expandDims(mask, 2), tf.expandDims(mask, 1));
  const bias = tf.expandDims(tf.mul(tf.sub(both, 1), MASKED_OUT), 1);
  const weights = tf.softmax(tf.add(tf.reshape(scores, [batch, all / batch, time, time]), bias));
  return tf.reshape(weights, [all, time, time]);
}

function scaleOf(query: tf.Tensor3D): number {
  return query.shape[2] ** -0.5;
}

function transposed(matrices: tf.Tensor3D): tf.Tensor3D {
  return tf.transpose(matrices, [0, 2, 1]);
}
