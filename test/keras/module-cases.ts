import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import type { ConfiguredModule } from "../../src/keras/index.ts";
import {
  AttentionPooling,
  BidirectionalLstm,
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  MaxPooling,
  MeanPooling,
  MultiHeadAttention,
  PeepholeLstm,
  TextCnn,
  TransformerBlock,
} from "../../src/layers/index.ts";
import { ErnieEncoder, type TokenBatch, Tower } from "../../src/models/index.ts";
import { SMALL_SIZES, smallInput, smallTagger } from "../support/small-tagger.ts";
import { randomSequence, randomTensor } from "../support/tensors.ts";

export interface ModuleCase {
  readonly name: string;
  readonly create: () => ConfiguredModule;
  /** What the layer of Keras takes. The caller owns it. */
  readonly inputs: () => tf.Tensor[];
  /** What the module itself makes of the same. */
  readonly forward: (module: never, inputs: tf.Tensor[]) => tf.Tensor;
}

const LENGTHS = [3, 1, 4];
const random = () => new RandomStream(31);
const encoder = SMALL_SIZES.text.encoder;

function sequence(size: number): tf.Tensor[] {
  const { values, mask } = randomSequence(LENGTHS, size, random());
  return [values, mask];
}

const guide = () => randomTensor<tf.Rank.R2>([3, 2], new RandomStream(32));
const ids = () => tf.tensor2d([1, 10, 0, 4, 2, 0, 3, 5, 6, 7, 8, 9], [3, 4]);

/** Checks a case against its class and forgets which one it is. */
function moduleCase<M extends ConfiguredModule>(
  name: string,
  create: () => M,
  inputs: () => tf.Tensor[],
  forward: (module: M, inputs: tf.Tensor[]) => tf.Tensor,
): ModuleCase {
  return { name, create, inputs, forward };
}

function batch([values, mask]: tf.Tensor[]): { values: tf.Tensor3D; mask: tf.Tensor2D } {
  return { values: values as tf.Tensor3D, mask: mask as tf.Tensor2D };
}

function tokens([values, mask]: tf.Tensor[]): { tokenIds: tf.Tensor2D; mask: tf.Tensor2D } {
  return { tokenIds: tf.cast(values as tf.Tensor2D, "int32"), mask: mask as tf.Tensor2D };
}

/** Every class of the library that owns parameters or drops values. */
export const MODULE_CASES: readonly ModuleCase[] = [
  moduleCase(
    "Linear",
    () => new Linear({ inputSize: 2, outputSize: 3, activation: "tanh" }, random()),
    () => [guide()],
    (layer, [x]) => layer.forward(x as tf.Tensor),
  ),
  moduleCase(
    "LayerNorm",
    () => new LayerNorm({ size: 2 }),
    () => [guide()],
    (layer, [x]) => layer.forward(x as tf.Tensor),
  ),
  moduleCase(
    "Dropout",
    () => new Dropout({ rate: 0.4, scaling: "inference" }),
    () => [guide()],
    (layer, [x]) => layer.forward(x as tf.Tensor),
  ),
  moduleCase(
    "Embedding",
    () => new Embedding({ rows: 11, size: 3, initializerRange: 1 }, random()),
    () => [ids()],
    (layer, [x]) => layer.forward(tf.cast(x as tf.Tensor, "int32")),
  ),
  moduleCase(
    "TextCnn",
    () => new TextCnn({ inputSize: 3, filters: 2, windows: [2, 3] }, random()),
    () => sequence(3),
    (layer, inputs) => layer.forward(batch(inputs)).pooled,
  ),
  moduleCase(
    "MeanPooling",
    () => new MeanPooling({ inputSize: 3 }),
    () => sequence(3),
    (layer, inputs) => layer.forward(batch(inputs)).pooled,
  ),
  moduleCase(
    "MaxPooling",
    () => new MaxPooling({ inputSize: 3 }),
    () => sequence(3),
    (layer, inputs) => layer.forward(batch(inputs)).pooled,
  ),
  moduleCase(
    "PeepholeLstm",
    () => new PeepholeLstm({ inputSize: 3, units: 2, inputBias: true, reverse: true }, random()),
    () => sequence(3),
    (layer, inputs) => layer.forward(batch(inputs)),
  ),
  moduleCase(
    "BidirectionalLstm",
    () => new BidirectionalLstm({ inputSize: 3, units: 2, inputBias: { forward: true, backward: false } }, random()),
    () => sequence(3),
    (layer, inputs) => layer.forward(batch(inputs)),
  ),
  moduleCase(
    "AttentionPooling, self",
    () => new AttentionPooling({ inputSize: 3 }, random()),
    () => sequence(3),
    (layer, inputs) => layer.forward(batch(inputs)).pooled,
  ),
  moduleCase(
    "AttentionPooling, guided",
    () => new AttentionPooling({ inputSize: 3, guideSize: 2 }, random()),
    () => [...sequence(3), guide()],
    (layer, inputs) => layer.forward(batch(inputs), inputs[2] as tf.Tensor2D).pooled,
  ),
  moduleCase(
    "MultiHeadAttention",
    () => new MultiHeadAttention({ size: 4, heads: 2, dropoutRate: 0.1 }, random()),
    () => sequence(4),
    (layer, inputs) => layer.forward(batch(inputs)),
  ),
  moduleCase(
    "TransformerBlock",
    () => {
      const rates = { hiddenDropout: 0.1, attentionDropout: 0.1 };
      return new TransformerBlock({ size: 4, heads: 2, innerSize: 5, activation: "gelu", ...rates }, random());
    },
    () => sequence(4),
    (layer, inputs) => layer.forward(batch(inputs)),
  ),
  moduleCase(
    "Tower of features",
    () => {
      const dropout = { rate: 0.2, scaling: "inference" } as const;
      const pooling = { kind: "attention" } as const;
      return new Tower({ input: { size: 3 }, recurrence: { units: 2 }, pooling, guideSize: 2, dropout }, random());
    },
    () => [...sequence(3), guide()],
    (tower, inputs) => tower.forward(batch(inputs), inputs[2] as tf.Tensor2D).pooled,
  ),
  moduleCase(
    "ErnieEncoder",
    () => new ErnieEncoder({ ...encoder, pooler: true }, random()),
    () => [ids(), sequence(1)[1] as tf.Tensor],
    (ernie, inputs) => ernie.forward(tokens(inputs)),
  ),
  moduleCase(
    "Tower of a text",
    () => {
      const pooling = { kind: "text-cnn", filters: 3, windows: [2, 3] } as const;
      const input = { encoder, training: "frozen" } as const;
      return new Tower({ input, pooling, dropout: { rate: 0.2 } }, random());
    },
    () => [ids(), sequence(1)[1] as tf.Tensor],
    (tower, inputs) => tower.forward(tokens(inputs)).pooled,
  ),
  moduleCase(
    "MultimodalTagger",
    () => smallTagger(),
    () => {
      const { image, audio, text } = taggerInput();
      return [image.values, image.mask, audio.values, audio.mask, tf.cast(text.tokenIds, "float32"), text.mask];
    },
    (tagger, inputs) => {
      const [image, audio, text] = [batch(inputs), batch(inputs.slice(2)), tokens(inputs.slice(4))];
      return tagger.forward({ sequences: { image, audio, text } }).probabilities;
    },
  ),
];

function taggerInput() {
  const { sequences } = smallInput([
    [3, 2, 4],
    [1, 3, 2],
  ]);
  return sequences as { readonly image: SequenceBatch; readonly audio: SequenceBatch; readonly text: TokenBatch };
}
