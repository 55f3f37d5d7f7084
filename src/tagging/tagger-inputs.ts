import * as tf from "@tensorflow/tfjs-core";
import { MismatchError, ShapeError } from "../core/errors.ts";
import { padSequences, type SequenceBatch, type SequenceRows } from "../core/sequence-batch.ts";
import { collateTitles, withSilence } from "../data/collate.ts";
import type { TokenBatch } from "../models/ernie-encoder.ts";
import type { LongVideo, Modality, MultimodalTagger, TaggerInput } from "../models/multimodal-tagger.ts";
import { ernieTitleEncoder, type TitleEncoder } from "./title-encoder.ts";
import { type TitleEncodingStore, TitleEncodings } from "./title-encodings.ts";

/** What turns a title into token ids, such as an `ErnieTokenizer` of `ernie-tokenizer-wasm`. */
export interface TitleTokenizer {
  /** The ids of a text, with [CLS] and [SEP], cut to maxLength. */
  encode(text: string, options: { readonly maxLength: number }): Int32Array;
  /** One more than the largest id. */
  readonly idLimit: number;
}

export interface TextPreprocessing {
  readonly tokenizer: TitleTokenizer;
  /** The vocabulary file that the tokenizer was made of, to be saved beside the weights. */
  readonly vocabulary: string;
  /** Tokens of a title at most, [CLS] and [SEP] included. */
  readonly maxLength: number;
}

/** A video outside of any backend. Each part may be missing: `hasModality` says when it counts as missing. */
export interface VideoFeatures {
  readonly title?: string | undefined;
  readonly image?: SequenceRows | undefined;
  readonly audio?: SequenceRows | undefined;
}

/**
 * Whether a video has a modality: features of at least one row, or a title that is not blank. An empty title is none,
 * because list files have no other way to say so.
 */
export function hasModality(video: VideoFeatures, modality: Modality): boolean {
  if (modality !== "text") return (video[modality]?.rows ?? 0) > 0;
  return (video.title ?? "").trim() !== "";
}

/** Videos as a tagger's forward pass takes them. */
export interface PreparedVideos {
  /** Every modality of the model; owned by whoever asked for it. */
  readonly input: TaggerInput;
  /** What each video itself has of the model's modalities, whatever stands in for the others. */
  readonly present: readonly (readonly Modality[])[];
}

/** How a frozen encoder's encodings are made and kept. */
export interface TitleEncodingOptions {
  /** What computes them. Default: the model's own encoder. */
  readonly titleEncoder?: TitleEncoder | undefined;
  /** A second place for them, beside memory. */
  readonly titleEncodingStore?: TitleEncodingStore | undefined;
  /** Bytes of them that are kept in memory at most. Default 512 MiB. */
  readonly titleEncodingCapacity?: number | undefined;
}

/** Turns videos into what a tagger's forward pass takes; a frozen encoder runs once a title. */
export class TaggerInputs {
  readonly #model: MultimodalTagger;
  readonly #text: TextPreprocessing | undefined;
  readonly #encodings: TitleEncodings | undefined;

  /**
   * @throws MismatchError when the vocabulary or the length of titles is more than the model's encoder knows, or when a
   *   title encoder is given to a model without a frozen one
   */
  constructor(
    model: MultimodalTagger,
    text: TextPreprocessing | undefined,
    { titleEncoder, titleEncodingStore: store, titleEncodingCapacity: capacity }: TitleEncodingOptions = {},
  ) {
    this.#model = model;
    const training = model.text?.config.encoderTraining;
    if (titleEncoder !== undefined && training !== "frozen" && training !== "frozen-with-dropout") {
      const got = training === undefined ? "no titles" : "a fine-tuned one";
      throw new MismatchError(`A title encoder takes the place of a frozen encoder. This model has ${got}.`);
    }
    if (model.text === undefined) return;
    if (text === undefined) throw new TypeError("A tagger with titles needs a tokenizer.");
    const { vocabularySize, maxPositions } = model.text.encoder.config;
    if (text.tokenizer.idLimit > vocabularySize) {
      const problem = `The vocabulary must have ids below ${vocabularySize}, the rows of the word embedding.`;
      throw new MismatchError(`${problem} Got ${text.tokenizer.idLimit - 1}.`);
    }
    if (text.maxLength > maxPositions) {
      throw new MismatchError(
        `Titles may have ${maxPositions} tokens at most with this encoder. Got ${text.maxLength}.`,
      );
    }
    this.#text = text;
    const { encoder } = model.text;
    this.#encodings = new TitleEncodings(titleEncoder ?? ernieTitleEncoder(encoder), encoder.config.hiddenSize, {
      store,
      capacity,
    });
  }

  /**
   * @param training whether a training step will use the result
   * @returns every modality of the model, owned by the caller. In place of missing sound stand the reference's rows of
   *   zeros, in place of a missing title the empty one; they count unless the model's `absentModalities` are `masked`.
   * @throws ShapeError when features have another width than the model's, or not rows * size values; TypeError when the model
   *   was disposed of
   */
  async prepare(
    videos: readonly VideoFeatures[],
    { training }: { readonly training: boolean },
  ): Promise<PreparedVideos> {
    this.#model.expectParameters();
    const { image, audio, absentModalities } = this.#model.config;
    const { modalities } = this.#model;
    const masked = absentModalities === "masked" ? modalities : modalities.filter((modality) => modality === "image");
    const images = videos.map((video) => video.image ?? NO_ROWS);
    const sounds = audio ? videos.map((video) => withSilence(video.audio ?? NO_ROWS, audio.featureSize)) : [];
    const nameOf = (modality: Modality) => (index: number) => {
      const { video = index } = videos[index] as VideoFeatures & { readonly video?: string };
      return `Video ${video}: ${modality}`;
    };
    const text = await this.#prepareTitles(videos, training);
    try {
      const features = tf.tidy(() => ({
        ...(image && { image: padSequences(images, image.featureSize, nameOf("image")) }),
        ...(audio && { audio: padSequences(sounds, audio.featureSize, nameOf("audio")) }),
        present: presenceMasks(videos, masked),
      }));
      const present = videos.map((video) => modalities.filter((modality) => hasModality(video, modality)));
      return { input: { ...features, ...(text && { text }) }, present };
    } catch (error) {
      if (text) tf.dispose(text);
      throw error;
    }
  }

  /** The same of one video for `MultimodalTagger.forwardInPieces`: nothing but its title is in the backend's memory. */
  async prepareLong(
    video: VideoFeatures,
  ): Promise<{ readonly video: LongVideo; readonly present: readonly Modality[] }> {
    const { image, audio, absentModalities } = this.#model.config;
    const present = this.#model.modalities.filter((modality) => hasModality(video, modality));
    const isMasked = absentModalities === "masked";
    for (const [modality, config] of [["image", image] as const, ["audio", audio] as const]) {
      const sequence = video[modality];
      if (config && sequence?.rows) expectRows(modality, sequence, config.featureSize);
    }
    const sound = audio && (isMasked ? video.audio : withSilence(video.audio ?? NO_ROWS, audio.featureSize));
    const text = await this.#prepareTitles([video], false);
    const textIsPresent = !isMasked || present.includes("text");
    return { video: { image: image && video.image, audio: sound, text, textIsPresent }, present };
  }

  /** Tokens that a title may have; 0 where the model has none. */
  get maxTokens(): number {
    return this.#text?.maxLength ?? 0;
  }

  async #prepareTitles(
    videos: readonly VideoFeatures[],
    training: boolean,
  ): Promise<TokenBatch | SequenceBatch | undefined> {
    if (!this.#text || !this.#encodings) return undefined;
    const { tokenizer, maxLength } = this.#text;
    const titles = videos.map(({ title = "" }) => tokenizer.encode(title, { maxLength }));
    const mode = this.#model.text?.config.encoderTraining;
    const isConstant = mode === "frozen" || (mode === "frozen-with-dropout" && !training);
    return isConstant ? this.#encodings.encode(titles) : collateTitles(titles);
  }
}

function expectRows(modality: string, { rows, size, data }: SequenceRows, expected: number): void {
  if (size === expected && data.length === rows * size) return;
  throw new ShapeError(
    `The video's ${modality} must have shape [${rows}, ${expected}]. Got ${data.length} values in rows of ${size}.`,
  );
}

const NO_ROWS: SequenceRows = { rows: 0, size: 0, data: new Float32Array(0) };

/** For each of the modalities that a video lacks: [batch], 1 for a video that has it and 0 for one that does not. */
function presenceMasks(
  videos: readonly VideoFeatures[],
  modalities: readonly Modality[],
): { [modality in Modality]?: tf.Tensor1D } {
  const masks: { [modality in Modality]?: tf.Tensor1D } = {};
  for (const modality of modalities) {
    const present = videos.map((video) => hasModality(video, modality));
    if (present.includes(false)) masks[modality] = tf.tensor1d(present.map(Number));
  }
  return masks;
}
