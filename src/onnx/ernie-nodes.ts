import * as tf from "@tensorflow/tfjs-core";
import type { Embedding } from "../layers/embedding.ts";
import type { MultiHeadAttention } from "../layers/multi-head-attention.ts";
import type { TransformerBlock } from "../layers/transformer-block.ts";
import type { ErnieEncoder } from "../models/ernie-encoder.ts";
import { layerNorm, linear } from "./linear-nodes.ts";
import { timeOf } from "./mask-nodes.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/**
 * ERNIE over texts of one sentence, with positions 0, 1, 2, ...
 *
 * @param prefix of the encoder's paths: empty, or with a dot at its end
 * @param ids [batch, time], int64
 * @param mask [batch, time], float32
 * @returns [batch, time, hiddenSize]
 */
export function ernie(graph: OnnxGraph, encoder: ErnieEncoder, prefix: string, ids: string, mask: string): string {
  const words = graph.parameter(`${prefix}wordEmbedding.table`, encoder.wordEmbedding.table);
  const positions = graph.parameter(`${prefix}positionEmbedding.table`, encoder.positionEmbedding.table);
  let values = graph.apply("Gather", [words, ids]);
  const firstPositions = graph.apply("Slice", [positions, graph.integers(0), timeOf(graph, ids), graph.integers(0)]);
  values = graph.apply("Add", [values, firstPositions]);
  values = graph.apply("Add", [values, firstRow(graph, `${prefix}sentenceEmbedding`, encoder.sentenceEmbedding)]);
  if (encoder.taskEmbedding) {
    values = graph.apply("Add", [values, firstRow(graph, `${prefix}taskEmbedding`, encoder.taskEmbedding)]);
  }
  values = layerNorm(graph, encoder.embeddingNorm, `${prefix}embeddingNorm`, values);
  const bias = attentionBias(graph, mask);
  for (const [index, block] of encoder.blocks.entries()) {
    values = transformerBlock(graph, block, `${prefix}blocks.${index}`, values, bias);
  }
  return values;
}

/** Of sentences and tasks there is but the first. */
function firstRow(graph: OnnxGraph, path: string, { table, config: { size } }: Embedding): string {
  return graph.weights(`${path}.0`, [size], () => tf.slice(tf.reshape(table, [-1]), 0, size));
}

/** [batch, time] -> [batch, 1, time, time]: 0 between two tokens, -10000 where one of them is padding. */
function attentionBias(graph: OnnxGraph, mask: string): string {
  const column = graph.apply("Unsqueeze", [mask, graph.integers(1, 3)]);
  const row = graph.apply("Unsqueeze", [mask, graph.integers(1, 2)]);
  const both = graph.apply("Sub", [graph.apply("Mul", [column, row]), graph.number(1)]);
  return graph.apply("Mul", [both, graph.number(10_000)]);
}

function transformerBlock(graph: OnnxGraph, block: TransformerBlock, path: string, x: string, bias: string): string {
  const heard = multiHeadAttention(graph, block.attention, `${path}.attention`, x, bias);
  const attended = layerNorm(graph, block.attentionNorm, `${path}.attentionNorm`, graph.apply("Add", [x, heard]));
  const inner = linear(graph, block.inner, `${path}.inner`, attended);
  const active = block.config.activation === "gelu" ? gelu(graph, inner) : inner;
  const outer = linear(graph, block.outer, `${path}.outer`, active);
  return layerNorm(graph, block.feedForwardNorm, `${path}.feedForwardNorm`, graph.apply("Add", [attended, outer]));
}

function multiHeadAttention(
  graph: OnnxGraph,
  layer: MultiHeadAttention,
  path: string,
  x: string,
  bias: string,
): string {
  const { size, heads } = layer.config;
  const headSize = size / heads;
  const headsOf = (rows: string, order: readonly number[]): string => {
    const split = graph.apply("Reshape", [rows, graph.integers(0, 0, heads, headSize)]);
    return graph.apply("Transpose", [split], { perm: { ints: order } });
  };
  const scale = graph.number(headSize ** -0.5);
  const query = graph.apply("Mul", [linear(graph, layer.query, `${path}.query`, x), scale]);
  const key = linear(graph, layer.key, `${path}.key`, x);
  const value = linear(graph, layer.value, `${path}.value`, x);
  // [batch, heads, time, time]
  const scores = graph.apply("MatMul", [headsOf(query, [0, 2, 1, 3]), headsOf(key, [0, 2, 3, 1])]);
  const weights = graph.apply("Softmax", [graph.apply("Add", [scores, bias])], { axis: { int: -1 } });
  const heard = graph.apply("MatMul", [weights, headsOf(value, [0, 2, 1, 3])]);
  const inTime = graph.apply("Transpose", [heard], { perm: { ints: [0, 2, 1, 3] } });
  return linear(graph, layer.output, `${path}.output`, graph.apply("Reshape", [inTime, graph.integers(0, 0, size)]));
}

function gelu(graph: OnnxGraph, x: string): string {
  const error = graph.apply("Erf", [graph.apply("Mul", [x, graph.number(Math.SQRT1_2)])]);
  const distribution = graph.apply("Mul", [graph.apply("Add", [error, graph.number(1)]), graph.number(0.5)]);
  return graph.apply("Mul", [x, distribution]);
}
