import * as tf from "@tensorflow/tfjs-core";
import type { Dropout } from "../layers/dropout.ts";
import type { BidirectionalLstm, PeepholeLstm } from "../layers/peephole-lstm.ts";
import type { AttentionPooling } from "../layers/pooling/attention-pooling.ts";
import type { TextCnn } from "../layers/pooling/text-cnn.ts";
import type { Tower } from "../models/tower.ts";
import { ernie } from "./ernie-nodes.ts";
import { linear } from "./linear-nodes.ts";
import { type MaskNodes, maskedMax, maskedSoftmax, maskOf, zeroPadding } from "./mask-nodes.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** What a tower gives: its vector, and where its pooling weighs rows their weights. */
export interface PooledNodes {
  /** [batch, outputSize] */
  readonly pooled: string;
  /** [batch, time] */
  readonly weights?: string;
}

/**
 * @param rows features [batch, time, inputSize], or a text's token ids [batch, time], int64
 * @param length [batch], int64
 * @param guide [batch, guideSize], where the pooling is guided
 * @throws TypeError for a pooling that has no nodes here
 */
export function towerNodes(
  graph: OnnxGraph,
  tower: Tower,
  path: string,
  { rows, length, guide }: { readonly rows: string; readonly length: string; readonly guide: string | undefined },
): PooledNodes {
  const masks = maskOf(graph, rows, length);
  const values = tokenVectors(graph, tower, path, rows, masks);
  const place = `${path}.pooling`;
  if (tower.recurrence === undefined) {
    const { pooled, ...weights } = poolingNodes(graph, tower, place, values, { masks, guide });
    return { pooled: dropout(graph, tower.dropout, pooled), ...weights };
  }
  const hidden = bidirectionalLstm(graph, tower.recurrence, `${path}.recurrence`, values, length);
  return poolingNodes(graph, tower, place, dropout(graph, tower.dropout, hidden), { masks, guide });
}

function tokenVectors(graph: OnnxGraph, tower: Tower, path: string, rows: string, masks: MaskNodes): string {
  if (tower.encoder) return ernie(graph, tower.encoder, `${path}.encoder.`, rows, masks.mask);
  if (!tower.embedding) return rows;
  return graph.apply("Gather", [graph.parameter(`${path}.embedding.table`, tower.embedding.table), rows]);
}

function poolingNodes(
  graph: OnnxGraph,
  { pooling, config: { pooling: config } }: Tower,
  path: string,
  values: string,
  { masks, guide }: { readonly masks: MaskNodes; readonly guide: string | undefined },
): PooledNodes {
  const kept = zeroPadding(graph, values, masks);
  switch (config.kind) {
    case "text-cnn":
      return { pooled: textCnn(graph, pooling as TextCnn, path, kept, masks) };
    case "attention": {
      const scores = attentionScores(graph, pooling as AttentionPooling, path, kept, guide);
      const weights = maskedSoftmax(graph, scores, masks);
      return { pooled: weightedSum(graph, kept, weights), weights };
    }
    case "mean": {
      const rows = graph.apply("Max", [graph.cast(masks.length, "float32"), graph.number(1)]);
      const weights = graph.apply("Div", [masks.mask, graph.apply("Unsqueeze", [rows, graph.integers(1)])]);
      return { pooled: weightedSum(graph, kept, weights) };
    }
    case "max":
      return { pooled: maskedMax(graph, graph.apply("Transpose", [kept], { perm: { ints: [0, 2, 1] } }), masks) };
    default:
      throw new TypeError(`exportTagger: the pooling ${config.kind} cannot be exported.`);
  }
}

/** values [batch, time, size], weights [batch, time] -> [batch, size] */
function weightedSum(graph: OnnxGraph, values: string, weights: string): string {
  const sum = graph.apply("MatMul", [graph.apply("Unsqueeze", [weights, graph.integers(1)]), values]);
  return graph.apply("Squeeze", [sum, graph.integers(1)]);
}

/** What dropout does at inference. */
function dropout(graph: OnnxGraph, { config: { rate, scaling } }: Dropout, x: string): string {
  return scaling === "inference" && rate > 0 ? graph.apply("Mul", [x, graph.number(1 - rate)]) : x;
}

/** kept [batch, time, inputSize], zeros at the padding -> [batch, outputSize] */
function textCnn(graph: OnnxGraph, layer: TextCnn, path: string, kept: string, masks: MaskNodes): string {
  const { inputSize, filters, windows } = layer.config;
  const channels = graph.apply("Transpose", [kept], { perm: { ints: [0, 2, 1] } });
  const features = layer.convolutions.map(({ kernel, bias }, index) => {
    const window = windows[index] as number;
    const own = `${path}.convolutions.${index}`;
    const filterKernels = () => tf.transpose(tf.reshape(kernel, [window, inputSize, filters]), [2, 1, 0]);
    const inputs = [
      channels,
      graph.weights(`${own}.kernel`, [filters, inputSize, window], filterKernels),
      graph.parameter(`${own}.bias`, bias as tf.Variable),
    ];
    const before = Math.floor(window / 2);
    const convolved = graph.apply("Conv", inputs, { pads: { ints: [before, window - 1 - before] } });
    return maskedMax(graph, graph.apply("Tanh", [convolved]), masks);
  });
  return graph.apply("Concat", features, { axis: { int: 1 } });
}

/** Ours are candidate, input, forget, output; ONNX has input, output, forget, candidate. */
const GATE_ORDER = [1, 3, 2, 0];

/** Ours are of the input, forget and output gate; ONNX has input, output, forget. */
const PEEPHOLE_ORDER = [0, 2, 1];

/** Both directions as one node; returns [batch, time, 2 * units]. */
export function bidirectionalLstm(
  graph: OnnxGraph,
  lstm: BidirectionalLstm,
  path: string,
  values: string,
  length: string,
): string {
  const { inputSize, units } = lstm.config;
  const ofDirections = (name: string, shape: readonly number[], make: (direction: PeepholeLstm) => tf.Tensor): string =>
    graph.weights(`${path}.${name}`, [2, ...shape], () => tf.stack([make(lstm.forwards), make(lstm.backwards)]));
  // Not every engine takes a sequence without rows; what its padding gives is masked.
  const rows = graph.apply("Max", [length, graph.integers(1)]);
  const hidden = graph.apply(
    "LSTM",
    [
      graph.apply("Transpose", [values], { perm: { ints: [1, 0, 2] } }),
      ofDirections("W", [4 * units, inputSize], ({ input }) => gateRows(input.kernel)),
      ofDirections("R", [4 * units, units], ({ recurrentKernel }) => gateRows(recurrentKernel)),
      ofDirections("B", [8 * units], gateBiases),
      graph.cast(rows, "int32"),
      "",
      "",
      ofDirections("P", [3 * units], ({ peephole }) => blocks(peephole, PEEPHOLE_ORDER)),
    ],
    { direction: { text: "bidirectional" }, hidden_size: { int: units } },
  );
  // [time, directions, batch, units] -> [batch, time, directions * units]
  const inTime = graph.apply("Transpose", [hidden], { perm: { ints: [2, 0, 1, 3] } });
  return graph.apply("Reshape", [inTime, graph.integers(0, 0, 2 * units)]);
}

/** Values in blocks of one size each, in another order. */
function blocks(values: tf.Tensor, order: readonly number[]): tf.Tensor {
  const parts = tf.split(values, order.length);
  return tf.concat(order.map((index) => parts[index] as tf.Tensor));
}

/** [size, 4 * units] -> [4 * units, size] */
function gateRows(kernel: tf.Tensor2D): tf.Tensor {
  return blocks(tf.transpose(kernel), GATE_ORDER);
}

/** `[8 * units]`: the input's bias with the gates' own, and zeros for the recurrence's */
function gateBiases({ input, bias }: PeepholeLstm): tf.Tensor {
  const sum = blocks(input.bias ? tf.add(input.bias, bias) : bias, GATE_ORDER);
  return tf.concat([sum, tf.zerosLike(sum)]);
}

/** kept [batch, time, featureSize] -> [batch, time] */
function attentionScores(
  graph: OnnxGraph,
  { energy, score, config }: AttentionPooling,
  path: string,
  kept: string,
  guide: string | undefined,
): string {
  let scored = kept;
  if (energy && config.guideSize !== undefined) {
    const { inputSize, guideSize } = config;
    const rows = (name: string, begin: number, size: number): string =>
      graph.weights(`${path}.energy.kernel.${name}`, [size, inputSize], () => tf.slice(energy.kernel, begin, size));
    const ofRows = graph.apply("MatMul", [kept, rows("features", 0, inputSize)]);
    const ofGuide = graph.apply("Add", [
      graph.apply("MatMul", [guide as string, rows("guide", inputSize, guideSize)]),
      graph.parameter(`${path}.energy.bias`, energy.bias as tf.Variable),
    ]);
    const shared = graph.apply("Unsqueeze", [ofGuide, graph.integers(1)]);
    scored = graph.apply("Tanh", [graph.apply("Add", [ofRows, shared])]);
  }
  return graph.apply("Squeeze", [linear(graph, score, `${path}.score`, scored), graph.integers(2)]);
}
