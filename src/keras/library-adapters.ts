import * as tf from "@tensorflow/tfjs-core";
import type { SequenceBatch } from "../core/sequence-batch.ts";
import { Dropout } from "../layers/dropout.ts";
import { Embedding } from "../layers/embedding.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { Linear } from "../layers/linear.ts";
import { MultiHeadAttention } from "../layers/multi-head-attention.ts";
import { BidirectionalLstm, PeepholeLstm } from "../layers/peephole-lstm.ts";
import { AttentionPooling } from "../layers/pooling/attention-pooling.ts";
import { MaxPooling } from "../layers/pooling/max-pooling.ts";
import { MeanPooling } from "../layers/pooling/mean-pooling.ts";
import { TextCnn } from "../layers/pooling/text-cnn.ts";
import { TransformerBlock } from "../layers/transformer-block.ts";
import { ErnieEncoder, type TokenBatch } from "../models/ernie-encoder.ts";
import { MultimodalTagger } from "../models/multimodal-tagger.ts";
import { Tower } from "../models/tower.ts";
import type { ConfiguredModule, KerasAdapter } from "./keras-adapter.ts";

const ONE_TENSOR = () => ({ sequences: 0, tensors: 1 });
const ONE_SEQUENCE = () => ({ sequences: 1, tensors: 0 });

/** The adapters of the library's own classes. A function, so that an import alone does nothing. */
export function libraryAdapters(): KerasAdapter[] {
  return [
    adapter({
      ...{ name: "Linear", module: Linear, inputs: ONE_TENSOR, pools: false },
      create: (config) => new Linear(config, null),
      outputShape: ({ config }, shape) => [...shape.slice(0, -1), config.outputSize],
      forward: (layer, { tensors }) => layer.forward(only(tensors)),
    }),
    adapter({
      ...{ name: "LayerNorm", module: LayerNorm, inputs: ONE_TENSOR, pools: false },
      create: (config) => new LayerNorm(config),
      outputShape: (_, shape) => shape,
      forward: (layer, { tensors }) => layer.forward(only(tensors)),
    }),
    adapter({
      ...{ name: "Dropout", module: Dropout, inputs: ONE_TENSOR, pools: false },
      create: (config) => new Dropout(config),
      outputShape: (_, shape) => shape,
      forward: (layer, { tensors }, options) => layer.forward(only(tensors), options),
    }),
    adapter({
      ...{ name: "Embedding", module: Embedding, inputs: ONE_TENSOR, pools: false },
      create: (config) => new Embedding(config, null),
      outputShape: ({ config }, shape) => [...shape, config.size],
      forward: (layer, { tensors }) => layer.forward(tf.cast(only(tensors), "int32")),
    }),
    adapter({
      ...{ name: "TextCnn", module: TextCnn, inputs: ONE_SEQUENCE, pools: true },
      create: (config) => new TextCnn(config, null),
      outputShape: (layer, [batch = null]) => [batch, layer.outputSize],
      forward: (layer, { sequences }) => layer.forward(only(sequences)).pooled,
    }),
    adapter({
      ...{ name: "MeanPooling", module: MeanPooling, inputs: ONE_SEQUENCE, pools: true },
      create: (config) => new MeanPooling(config),
      outputShape: (layer, [batch = null]) => [batch, layer.outputSize],
      forward: (layer, { sequences }) => layer.forward(only(sequences)).pooled,
    }),
    adapter({
      ...{ name: "MaxPooling", module: MaxPooling, inputs: ONE_SEQUENCE, pools: true },
      create: (config) => new MaxPooling(config),
      outputShape: (layer, [batch = null]) => [batch, layer.outputSize],
      forward: (layer, { sequences }) => layer.forward(only(sequences)).pooled,
    }),
    adapter({
      ...{ name: "PeepholeLstm", module: PeepholeLstm, inputs: ONE_SEQUENCE, pools: false },
      create: (config) => new PeepholeLstm(config, null),
      outputShape: ({ config }, shape) => [...shape.slice(0, -1), config.units],
      forward: (layer, { sequences }) => layer.forward(only(sequences)),
    }),
    adapter({
      ...{ name: "BidirectionalLstm", module: BidirectionalLstm, inputs: ONE_SEQUENCE, pools: false },
      create: (config) => new BidirectionalLstm(config, null),
      outputShape: (layer, shape) => [...shape.slice(0, -1), layer.outputSize],
      forward: (layer, { sequences }) => layer.forward(only(sequences)),
    }),
    adapter({
      ...{ name: "AttentionPooling", module: AttentionPooling, pools: true },
      create: (config) => new AttentionPooling(config, null),
      inputs: ({ config }) => ({ sequences: 1, tensors: config.guideSize === undefined ? 0 : 1 }),
      outputShape: (layer, [batch = null]) => [batch, layer.outputSize],
      forward: (layer, { sequences, tensors }) =>
        layer.forward(only(sequences), tensors[0] as tf.Tensor2D | undefined).pooled,
    }),
    adapter({
      ...{ name: "MultiHeadAttention", module: MultiHeadAttention, inputs: ONE_SEQUENCE, pools: false },
      create: (config) => new MultiHeadAttention(config, null),
      outputShape: (_, shape) => shape,
      forward: (layer, { sequences }, options) => layer.forward(only(sequences), options),
    }),
    adapter({
      ...{ name: "TransformerBlock", module: TransformerBlock, inputs: ONE_SEQUENCE, pools: false },
      create: (config) => new TransformerBlock(config, null),
      outputShape: (_, shape) => shape,
      forward: (layer, { sequences }, options) => layer.forward(only(sequences), options),
    }),
    adapter({
      ...{ name: "ErnieEncoder", module: ErnieEncoder, inputs: ONE_SEQUENCE, pools: false },
      create: (config) => new ErnieEncoder(config, null),
      outputShape: ({ config }, shape) => [...shape.slice(0, 2), config.hiddenSize],
      forward: (encoder, { sequences }, options) => encoder.forward(tokens(only(sequences)), options),
      // Only `pool` uses the pooler, and this is `forward`.
      trainable: (encoder) => without(encoder.parameters(), "pooler."),
    }),
    adapter({
      ...{ name: "Tower", module: Tower, pools: true },
      create: (config) => new Tower(config, null),
      inputs: ({ config }) => ({ sequences: 1, tensors: config.guideSize === undefined ? 0 : 1 }),
      outputShape: (tower, [batch = null]) => [batch, tower.outputSize],
      forward: (tower, { sequences, tensors }, options) => {
        return tower.forward(rowsOf(only(sequences)), tensors[0] as tf.Tensor2D | undefined, options).pooled;
      },
      trainable: (tower) => tower.trainableParameters(),
    }),
    adapter({
      ...{ name: "MultimodalTagger", module: MultimodalTagger, pools: true },
      create: (config) => new MultimodalTagger(config, null),
      inputs: (tagger) => ({ sequences: tagger.modalities.length, tensors: 0 }),
      outputShape: ({ config }, [batch = null]) => [batch, config.numClasses],
      forward: (tagger, { sequences }, options) => {
        const input = tagger.modalities.map((modality, index) => {
          return [modality, rowsOf(sequences[index] as SequenceBatch)];
        });
        return tagger.forward({ sequences: Object.fromEntries(input) }, options).probabilities;
      },
      trainable: (tagger) => tagger.trainableParameters(),
    }),
  ];
}

/** Checks an adapter against its class. */
function adapter<M extends ConfiguredModule>(adapter: KerasAdapter<M>): KerasAdapter {
  return adapter;
}

function only<Input>(inputs: readonly Input[]): Input {
  return inputs[0] as Input;
}

/** Keras feeds numbers of one type, float32. */
function tokens({ values, mask }: SequenceBatch): TokenBatch {
  return { tokenIds: tf.cast(values as tf.Tensor, "int32") as tf.Tensor2D, mask };
}

/** Token ids [batch, time], or features or encoded tokens [batch, time, size]. */
function rowsOf(sequence: SequenceBatch): TokenBatch | SequenceBatch {
  return (sequence.values as tf.Tensor).rank === 2 ? tokens(sequence) : sequence;
}

function without(parameters: Map<string, tf.Variable>, prefix: string): Map<string, tf.Variable> {
  return new Map([...parameters].filter(([path]) => !path.startsWith(prefix)));
}
