import * as tf from "@tensorflow/tfjs-core";
import type { Dropout } from "../layers/dropout.ts";
import type { BidirectionalLstm, PeepholeLstm } from "../layers/peephole-lstm.ts";
import type { AttentionPooling } from "../layers/pooling/attention-pooling.ts";
import type { TextCnn } from "../layers/pooling/text-cnn.ts";
import type { SequenceBranch } from "../models/sequence-branch.ts";
import type { TextBranch } from "../models/text-branch.ts";
import { ernie } from "./ernie-nodes.ts";
import { linear } from "./linear-nodes.ts";
import { type MaskNodes, maskedMax, maskedSoftmax, maskOf, zeroPadding } from "./mask-nodes.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/**
 * @param ids [batch, time], int64
 * @param length [batch], int64
 * @returns [batch, outputSize]
 */
export function textBranch(graph: OnnxGraph, branch: TextBranch, path: string, ids: string, length: string): string {
  const masks = maskOf(graph, ids, length);
  const encoded = ernie(graph, branch.encoder, `${path}.encoder.`, ids, masks.mask);
  return dropout(graph, branch.dropout, textCnn(graph, branch.cnn, `${path}.cnn`, encoded, masks));
}

/**
 * @param values [batch, time, inputSize]
 * @param length [batch], int64
 * @param text [batch, textSize], where the attention is guided
 * @returns pooled [batch, outputSize] and weights [batch, time]
 */
export function sequenceBranch(
  graph: OnnxGraph,
  branch: SequenceBranch,
  path: string,
  values: string,
  length: string,
  text: string | undefined,
): { readonly pooled: string; readonly weights: string } {
  const masks = maskOf(graph, values, length);
  const hidden = bidirectionalLstm(graph, branch.lstm, `${path}.lstm`, values, length);
  const kept = zeroPadding(graph, dropout(graph, branch.dropout, hidden), masks);
  const scores = attentionScores(graph, branch.pooling, `${path}.pooling`, kept, text);
  const weights = maskedSoftmax(graph, scores, masks);
  const sum = graph.apply("MatMul", [graph.apply("Unsqueeze", [weights, graph.integers(1)]), kept]);
  return { pooled: graph.apply("Squeeze", [sum, graph.integers(1)]), weights };
}

/** What dropout does at inference. */
function dropout(graph: OnnxGraph, { config: { rate, scaling } }: Dropout, x: string): string {
  return scaling === "inference" && rate > 0 ? graph.apply("Mul", [x, graph.number(1 - rate)]) : x;
}

/** [batch, time, hiddenSize] -> [batch, outputSize] */
function textCnn(graph: OnnxGraph, layer: TextCnn, path: string, encoded: string, masks: MaskNodes): string {
  const { inputSize, filters, windows } = layer.config;
  const channels = graph.apply("Transpose", [zeroPadding(graph, encoded, masks)], { perm: { ints: [0, 2, 1] } });
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
  text: string | undefined,
): string {
  let scored = kept;
  if (energy && config.guideSize !== undefined) {
    const { inputSize, guideSize } = config;
    const rows = (name: string, begin: number, size: number): string =>
      graph.weights(`${path}.energy.kernel.${name}`, [size, inputSize], () => tf.slice(energy.kernel, begin, size));
    const ofRows = graph.apply("MatMul", [kept, rows("features", 0, inputSize)]);
    const ofText = graph.apply("Add", [
      graph.apply("MatMul", [text as string, rows("text", inputSize, guideSize)]),
      graph.parameter(`${path}.energy.bias`, energy.bias as tf.Variable),
    ]);
    const shared = graph.apply("Unsqueeze", [ofText, graph.integers(1)]);
    scored = graph.apply("Tanh", [graph.apply("Add", [ofRows, shared])]);
  }
  return graph.apply("Squeeze", [linear(graph, score, `${path}.score`, scored), graph.integers(2)]);
}
