import * as tf from "@tensorflow/tfjs-core";
import {
  Dropout,
  type DropoutConfig,
  type ErnieConfig,
  type ForwardOptions,
  type InitialValues,
  Linear,
  Module,
  MultimodalTagger,
  type MultimodalTaggerConfig,
  type SequenceBatch,
  SequenceBranch,
  type TaggerInput,
  type TaggerOutput,
} from "../src/index.ts";
import { AUDIO_SIZE, IMAGE_SIZE, LABELS } from "../src/planted/planted-world.ts";
import type { Row, Setting } from "./plan.ts";

/** What the ablation needs of a model: a MultimodalTagger has it. */
export interface AblationModel extends Module {
  forward(input: TaggerInput, options?: ForwardOptions): TaggerOutput;
  loss(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar;
}

/** The model of a row: the library's tagger wherever it can be one. Titles reach it encoded. */
export function makeModel(row: Row, setting: Setting, encoder: ErnieConfig, random: InitialValues): AblationModel {
  const { dropoutRate, imageUnits, audioUnits, filters, windows } = setting;
  const sequences = {
    ...(row.image && { image: { featureSize: IMAGE_SIZE, units: imageUnits } }),
    ...(row.audio && { audio: { featureSize: AUDIO_SIZE, units: audioUnits } }),
  };
  const dropout = { rate: dropoutRate, scaling: "inference" } as const;
  if (row.title !== undefined && row.title !== "text-cnn") {
    const title = { reading: row.title, encodedSize: encoder.hiddenSize, denseSize: filters * windows.length };
    return new PlainTitleTagger({ title, ...sequences, dropout }, random);
  }
  const text = { encoder, encoderTraining: "frozen", filters, windows } as const;
  const common = { ...sequences, numClasses: LABELS.length, head: "sigmoid" } as const;
  const dropouts = { dropoutRate, dropoutScaling: "inference" } as const;
  if (row.pooling === "self") {
    const config = { ...common, ...dropouts, ...(row.title && { text }), pooling: "self" } as const;
    return new MultimodalTagger(config, random);
  }
  const guided = new MultimodalTagger({ ...common, ...dropouts, text, pooling: "text-guided" }, random);
  return row.pooling === "blind-guide" ? new BlindGuide(guided) : guided;
}

export interface PlainTitleTaggerConfig extends Pick<MultimodalTaggerConfig, "image" | "audio"> {
  readonly title: {
    readonly reading: "cls" | "mean" | "mean-fc";
    /** Width of the encoder's vectors. */
    readonly encodedSize: number;
    /** Width of the dense layer of `mean-fc`. */
    readonly denseSize: number;
  };
  readonly dropout: DropoutConfig;
}

/** The library's tagger with self-attention, but for its TextCNN: the title's vector is its first token's, or the mean. */
export class PlainTitleTagger extends Module implements AblationModel {
  readonly config: PlainTitleTaggerConfig;
  readonly dense: Linear | undefined;
  readonly image: SequenceBranch | undefined;
  readonly audio: SequenceBranch | undefined;
  readonly dropout: Dropout;
  readonly head: Linear;

  constructor(config: PlainTitleTaggerConfig, random: InitialValues) {
    super();
    this.config = config;
    const { title, image, audio, dropout } = config;
    const hasDense = title.reading === "mean-fc";
    const dense = { inputSize: title.encodedSize, outputSize: title.denseSize, activation: "tanh" } as const;
    this.dense = hasDense ? new Linear(dense, random) : undefined;
    const branch = (
      sizes: NonNullable<typeof image>,
      inputBias: { readonly forward: boolean; readonly backward: boolean },
    ): SequenceBranch => {
      const lstm = { inputSize: sizes.featureSize, units: sizes.units, inputBias };
      return new SequenceBranch({ lstm, textSize: undefined, dropout }, random);
    };
    // The same biases as in the library's tagger.
    this.image = image && branch(image, { forward: false, backward: true });
    this.audio = audio && branch(audio, { forward: true, backward: false });
    this.dropout = new Dropout(dropout);
    const ofTitle = hasDense ? title.denseSize : title.encodedSize;
    const inputSize = (this.image?.outputSize ?? 0) + (this.audio?.outputSize ?? 0) + ofTitle;
    this.head = new Linear({ inputSize, outputSize: LABELS.length }, random);
  }

  forward(input: TaggerInput, options: ForwardOptions = {}): TaggerOutput {
    return tf.tidy(() => {
      const text = this.#readTitle(input.text as SequenceBatch, options);
      const image = this.image?.forward(input.image as SequenceBatch, undefined, options);
      const audio = this.audio?.forward(input.audio as SequenceBatch, undefined, options);
      const seen = [image, audio].flatMap((output) => (output === undefined ? [] : [output.pooled]));
      const logits = this.head.forward(tf.concat2d([...seen, text], 1)) as tf.Tensor2D;
      const features = { ...(image && { image: image.pooled }), ...(audio && { audio: audio.pooled }), text };
      const attention = { ...(image && { image: image.weights }), ...(audio && { audio: audio.weights }) };
      return { logits, probabilities: tf.sigmoid(logits), features, attention };
    });
  }

  loss(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
    return tf.losses.sigmoidCrossEntropy(labels, logits, undefined, 0, tf.Reduction.SUM) as tf.Scalar;
  }

  #readTitle({ values, mask }: SequenceBatch, options: ForwardOptions): tf.Tensor2D {
    const [batch, , size] = values.shape;
    const vector =
      this.config.title.reading === "cls"
        ? tf.reshape(tf.slice(values, [0, 0, 0], [batch, 1, size]), [batch, size])
        : tf.div(tf.sum(tf.mul(values, tf.expandDims(mask, 2)), 1), tf.sum(mask, 1, true));
    return this.dropout.forward((this.dense?.forward(vector) ?? vector) as tf.Tensor2D, options);
  }
}

/** A tagger whose attention is guided by zeros; the head still sees the title. */
export class BlindGuide extends Module implements AblationModel {
  readonly tagger: MultimodalTagger;

  constructor(tagger: MultimodalTagger) {
    super();
    this.tagger = tagger;
  }

  forward(input: TaggerInput, options: ForwardOptions = {}): TaggerOutput {
    const { text: title, image: frames, audio: sound, head } = this.tagger;
    if (!title || !frames || !sound) throw new TypeError("BlindGuide: its tagger must have image, audio and text.");
    return tf.tidy(() => {
      const text = title.forward(input.text as SequenceBatch, options);
      const nothing = tf.zeros<tf.Rank.R2>(text.shape);
      const image = frames.forward(input.image as SequenceBatch, nothing, options);
      const audio = sound.forward(input.audio as SequenceBatch, nothing, options);
      const logits = head.forward(tf.concat2d([image.pooled, audio.pooled, text], 1)) as tf.Tensor2D;
      const features = { image: image.pooled, audio: audio.pooled, text };
      const attention = { image: image.weights, audio: audio.weights };
      return { logits, probabilities: tf.sigmoid(logits), features, attention };
    });
  }

  loss(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
    return this.tagger.loss(logits, labels);
  }
}
