import * as tf from "@tensorflow/tfjs-core";
import { MismatchError, NotFiniteError } from "../core/errors.ts";
import type { LabelForm } from "../data/collate.ts";
import type { VideoDataset } from "../data/video-dataset.ts";
import type { MultimodalTagger, SequenceModality, TaggerOutput } from "../models/multimodal-tagger.ts";
import { TaggerInputs, type TextPreprocessing, type VideoFeatures } from "./tagger-inputs.ts";
import type { TitleEncodingStore } from "./title-encodings.ts";

/** A label and how likely it is, in [0, 1]. */
export interface Tag {
  readonly label: string;
  readonly score: number;
}

/** What a tagger says of one video. */
export interface TaggedVideo {
  /** The labels whose score reaches the threshold, the highest first. */
  readonly tags: readonly Tag[];
  /** [numClasses]: every label's score, in the order of the classes */
  readonly scores: Float32Array;
  /** Where in time it looked: a weight for each row of features, which sum to 1. None for a modality without features. */
  readonly attention: { readonly [modality in SequenceModality]?: Float32Array };
}

export interface VideoTaggerConfig {
  readonly model: MultimodalTagger;
  /** The name of each class, in order. */
  readonly labels: readonly string[];
  /** Needed when the model has titles. */
  readonly text?: TextPreprocessing | undefined;
  /** The score that a tag needs. Default 0.5. */
  readonly threshold?: number;
  /** A second place, beside memory, for what a frozen encoder makes of titles. */
  readonly titleEncodingStore?: TitleEncodingStore | undefined;
}

/** A model with all that stands between it and videos: label names, tokenizer, threshold. */
export class VideoTagger {
  readonly config: VideoTaggerConfig;
  readonly inputs: TaggerInputs;

  /** @throws MismatchError when labels and model do not fit, or tokenizer and encoder; TypeError without a tokenizer */
  constructor(config: VideoTaggerConfig) {
    this.config = config;
    const { model, labels, text, titleEncodingStore } = config;
    if (labels.length !== model.config.numClasses) {
      throw new MismatchError(
        `A tagger of ${model.config.numClasses} classes needs as many labels. Got ${labels.length}.`,
      );
    }
    this.inputs = new TaggerInputs(model, text, titleEncodingStore);
  }

  get model(): MultimodalTagger {
    return this.config.model;
  }

  get labels(): readonly string[] {
    return this.config.labels;
  }

  /** The score that a tag needs unless a call says otherwise. */
  get threshold(): number {
    return this.config.threshold ?? 0.5;
  }

  /** The form of labels that the model's loss wants. */
  get labelForm(): LabelForm {
    return this.model.config.head === "sigmoid" ? "multi-hot" : "distribution";
  }

  /** Widths of the features that the model takes: what to ask a dataset for. */
  get featureSizes(): { readonly imageSize: number | undefined; readonly audioSize: number | undefined } {
    const { image, audio } = this.model.config;
    return { imageSize: image?.featureSize, audioSize: audio?.featureSize };
  }

  /**
   * Tags videos in one batch.
   *
   * @throws ShapeError when features have another width than the model's, TypeError when image features are missing,
   * NotFiniteError when a score is NaN
   */
  async tag(videos: readonly VideoFeatures[], threshold: number = this.threshold): Promise<TaggedVideo[]> {
    if (videos.length === 0) return [];
    const { input, rows } = await this.inputs.prepare(videos, { training: false });
    let output: TaggerOutput | undefined;
    try {
      output = this.model.forward(input);
      const scores = (await output.probabilities.data()) as Float32Array;
      const image = await output.attention.image?.data();
      const audio = await output.attention.audio?.data();
      return videos.map((_, index) => {
        const own = scores.slice(index * this.labels.length, (index + 1) * this.labels.length);
        const wrong = own.findIndex((score) => !Number.isFinite(score));
        if (wrong !== -1) {
          throw new NotFiniteError(`Video ${index} has the score ${own[wrong]} for the label ${this.labels[wrong]}.`);
        }
        const imageWeights = rowOf(image, index, videos.length, rows.image[index]);
        const audioWeights = rowOf(audio, index, videos.length, rows.audio[index]);
        return {
          tags: this.#tagsAbove(own, threshold),
          scores: own,
          attention: { ...(imageWeights && { image: imageWeights }), ...(audioWeights && { audio: audioWeights }) },
        };
      });
    } finally {
      tf.dispose([input, output]);
    }
  }

  /** Tags the videos of a dataset one after another, in batches. */
  async *tagAll(
    dataset: VideoDataset,
    { batchSize = 16, threshold = this.threshold }: { readonly batchSize?: number; readonly threshold?: number } = {},
  ): AsyncGenerator<TaggedVideo & { readonly video: string }> {
    for await (const samples of dataset.batches(batchSize, this.featureSizes)) {
      const tagged = await this.tag(samples, threshold);
      for (const [index, result] of tagged.entries()) yield { video: samples[index]?.video as string, ...result };
    }
  }

  /** Frees the model. */
  dispose(): void {
    this.model.dispose();
  }

  #tagsAbove(scores: Float32Array, threshold: number): Tag[] {
    const tags = this.labels.map((label, index) => ({ label, score: scores[index] as number }));
    return tags.filter(({ score }) => score >= threshold).sort((a, b) => b.score - a.score);
  }
}

/** The first `length` values of a row of [rows, size]; undefined when there are none. */
function rowOf(
  values: ArrayLike<number> | undefined,
  row: number,
  rows: number,
  length: number | undefined,
): Float32Array | undefined {
  if (values === undefined || !length) return undefined;
  const begin = row * (values.length / rows);
  return Float32Array.from({ length }, (_, index) => values[begin + index] as number);
}
