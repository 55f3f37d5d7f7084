import { describeShape, StateError } from "../core/errors.ts";
import type { Module } from "../core/module.ts";
import type { ParameterValues, State } from "../core/state.ts";
import { AttentionPooling } from "../layers/pooling/attention-pooling.ts";
import { TextCnn } from "../layers/pooling/text-cnn.ts";
import type { ErnieConfig, ErnieEncoder } from "../models/ernie-encoder.ts";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";

/**
 * One parameter of the reference system and ours that hold its values. Mostly one stands for one; the reference keeps
 * an LSTM's biases and peephole weights in one row, [1, 7 * units], which ours are side by side.
 */
export interface PaddleParameter {
  /** The reference's name, as `fc_72.w_0`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Parameters of ours, in the order in which their values stand. */
  readonly parts: readonly { readonly path: string; readonly shape: readonly number[] }[];
}

/** A name of the reference and the paths of ours under it. */
type Entry = readonly [name: string, ...parts: string[]];

function ernieEntries(config: ErnieConfig, prefix: string): Entry[] {
  const linear = (name: string, path: string): Entry[] => [
    [`${name}.w_0`, `${prefix}${path}.kernel`],
    [`${name}.b_0`, `${prefix}${path}.bias`],
  ];
  const norm = (name: string, path: string): Entry[] => [
    [`${name}_scale`, `${prefix}${path}.scale`],
    [`${name}_bias`, `${prefix}${path}.bias`],
  ];
  const block = (index: number): Entry[] => {
    const name = `encoder_layer_${index}`;
    const path = `blocks.${index}`;
    return [
      ...linear(`${name}_multi_head_att_query_fc`, `${path}.attention.query`),
      ...linear(`${name}_multi_head_att_key_fc`, `${path}.attention.key`),
      ...linear(`${name}_multi_head_att_value_fc`, `${path}.attention.value`),
      ...linear(`${name}_multi_head_att_output_fc`, `${path}.attention.output`),
      ...norm(`${name}_post_att_layer_norm`, `${path}.attentionNorm`),
      ...linear(`${name}_ffn_fc_0`, `${path}.inner`),
      ...linear(`${name}_ffn_fc_1`, `${path}.outer`),
      ...norm(`${name}_post_ffn_layer_norm`, `${path}.feedForwardNorm`),
    ];
  };
  return [
    ["word_embedding", `${prefix}wordEmbedding.table`],
    ["pos_embedding", `${prefix}positionEmbedding.table`],
    ["sent_embedding", `${prefix}sentenceEmbedding.table`],
    ...(config.taskTypes > 0 ? [["task_embedding", `${prefix}taskEmbedding.table`] as const] : []),
    ...norm("pre_encoder_layer_norm", "embeddingNorm"),
    ...Array.from({ length: config.layers }, (_, index) => block(index)).flat(),
    ...(config.pooler ? linear("pooled_fc", "pooler") : []),
  ];
}

/**
 * Paddle numbers layers without a name in the order in which the model is built: ERNIE's fully connected layers (six a
 * block) take the first numbers, though they have names of their own. Texts come first, then the others in their order.
 */
function taggerEntries(tagger: MultimodalTagger): Entry[] {
  const entries: Entry[] = [];
  let fullyConnected = 0;
  let recurrent = 0;
  let attentions = 0;
  for (const [name, { encoder, pooling }] of Object.entries(tagger.towers)) {
    if (encoder === undefined || !(pooling instanceof TextCnn)) continue;
    const path = `towers.${name}`;
    entries.push(...ernieEntries(encoder.config, `${path}.encoder.`));
    fullyConnected += 6 * encoder.config.layers;
    for (const index of pooling.convolutions.keys()) {
      entries.push([`sequence_conv_${index}.w_0`, `${path}.pooling.convolutions.${index}.kernel`]);
      entries.push([`sequence_conv_${index}.b_0`, `${path}.pooling.convolutions.${index}.bias`]);
    }
  }
  for (const name of tagger.modalities) {
    const { recurrence, pooling } = tagger.tower(name);
    if (recurrence === undefined || !(pooling instanceof AttentionPooling)) continue;
    for (const direction of ["forwards", "backwards"] as const) {
      const path = `towers.${name}.recurrence.${direction}`;
      const projection = `fc_${fullyConnected++}`;
      entries.push([`${projection}.w_0`, `${path}.input.kernel`]);
      if (recurrence[direction].input.bias) entries.push([`${projection}.b_0`, `${path}.input.bias`]);
      entries.push([`lstm_${recurrent}.w_0`, `${path}.recurrentKernel`]);
      entries.push([`lstm_${recurrent++}.b_0`, `${path}.bias`, `${path}.peephole`]);
    }
    const path = `towers.${name}.pooling`;
    if (pooling.energy !== undefined) {
      const number = attentions++;
      entries.push([`seq2seq_attention_tanh_fc.w_${number}`, `${path}.energy.kernel`]);
      entries.push([`seq2seq_attention_tanh_fc.b_${number}`, `${path}.energy.bias`]);
      entries.push([`seq2seq_attention_softmax_fc.w_${number}`, `${path}.score.kernel`]);
      entries.push([`seq2seq_attention_softmax_fc.b_${number}`, `${path}.score.bias`]);
    } else {
      const score = `fc_${fullyConnected++}`;
      entries.push([`${score}.w_0`, `${path}.score.kernel`]);
      entries.push([`${score}.b_0`, `${path}.score.bias`]);
    }
  }
  entries.push([`fc_${fullyConnected}.w_0`, "head.kernel"], [`fc_${fullyConnected}.b_0`, "head.bias"]);
  return entries;
}

/** Turns entries into a table, and makes sure that it names each parameter of the module once. */
function table(module: Module, entries: readonly Entry[]): PaddleParameter[] {
  const parameters = module.parameters();
  const result = entries.map(([name, ...paths]) => {
    const parts = paths.map((path) => {
      const shape = parameters.get(path)?.shape;
      if (shape === undefined || !parameters.delete(path))
        throw new Error(`${name}: there is no other parameter ${path}.`);
      return { path, shape };
    });
    const shape =
      parts.length === 1 ? (parts[0]?.shape ?? []) : [1, parts.reduce((sum, part) => sum + count(part.shape), 0)];
    return { name, shape, parts };
  });
  if (parameters.size > 0) throw new Error(`Parameters without a name in the reference: ${[...parameters.keys()]}.`);
  return result;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The reference's name for every parameter of an encoder: files of a pretrained folder. */
export function erniePaddleTable(encoder: ErnieEncoder): PaddleParameter[] {
  return table(encoder, ernieEntries(encoder.config, ""));
}

/** The names and shapes of the same, without an encoder: what its files must be like. */
export function ernieReferenceShapes(config: ErnieConfig): Pick<PaddleParameter, "name" | "shape">[] {
  return ernieEntries(config, "").map(([name, path]) => ({ name, shape: ernieShape(path as string, config) }));
}

function ernieShape(path: string, config: ErnieConfig): number[] {
  const { hiddenSize, vocabularySize, maxPositions, sentenceTypes, taskTypes } = config;
  const rows = new Map([
    ["wordEmbedding.table", vocabularySize],
    ["positionEmbedding.table", maxPositions],
    ["sentenceEmbedding.table", sentenceTypes],
    ["taskEmbedding.table", taskTypes],
  ]).get(path);
  if (rows !== undefined) return [rows, hiddenSize];
  if (path.endsWith(".inner.kernel")) return [hiddenSize, 4 * hiddenSize];
  if (path.endsWith(".outer.kernel")) return [4 * hiddenSize, hiddenSize];
  if (path.endsWith(".inner.bias")) return [4 * hiddenSize];
  return path.endsWith(".kernel") ? [hiddenSize, hiddenSize] : [hiddenSize];
}

/** The reference's name for every parameter of a tagger: what a whole checkpoint holds, sorted by name. */
export function taggerPaddleTable(tagger: MultimodalTagger): PaddleParameter[] {
  return table(tagger, taggerEntries(tagger));
}

/**
 * Values under the reference's names as values under our paths.
 *
 * @throws StateError that names the first parameter that is missing or of another shape
 */
export function stateFromPaddle(values: State, table: readonly PaddleParameter[]): Map<string, ParameterValues> {
  const state = new Map<string, ParameterValues>();
  for (const { name, shape, parts } of table) {
    const given = values.get(name);
    const expected = `${describeShape(shape)} (ours: ${parts.map(({ path }) => path).join(", ")})`;
    if (given === undefined) throw new StateError(name, `Parameter ${name} ${expected} is missing.`);
    if (describeShape(given.shape) !== describeShape(shape)) {
      throw new StateError(name, `Parameter ${name} must have shape ${expected}. Got ${describeShape(given.shape)}.`);
    }
    let begin = 0;
    for (const part of parts) {
      const end = begin + count(part.shape);
      state.set(part.path, { shape: part.shape, data: given.data.subarray(begin, end) });
      begin = end;
    }
  }
  return state;
}

/** Values under our paths as values under the reference's names, in the table's order. */
export function stateToPaddle(state: State, table: readonly PaddleParameter[]): Map<string, ParameterValues> {
  const values = new Map<string, ParameterValues>();
  for (const { name, shape, parts } of table) {
    const data = new Float32Array(count(shape));
    let begin = 0;
    for (const { path } of parts) {
      const part = state.get(path);
      if (part === undefined) throw new StateError(path, `Parameter ${path} is missing: ${name} holds it.`);
      data.set(part.data, begin);
      begin += part.data.length;
    }
    values.set(name, { shape, data });
  }
  return values;
}
