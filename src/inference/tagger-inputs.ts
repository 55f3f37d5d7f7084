import * as tf from "@tensorflow/tfjs-core";
import { MismatchError } from "../core/errors.ts";
import { padSequences, type SequenceBatch, type SequenceRows } from "../core/sequence-batch.ts";
import { collateTitles, withSilence } from "../data/collate.ts";
import type { TokenBatch } from "../models/ernie-encoder.ts";
import type { MultimodalTagger, TaggerInput } from "../models/multimodal-tagger.ts";
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

/** A video outside of any backend. */
export interface VideoFeatures {
  readonly title?: string;
  readonly image?: SequenceRows;
  readonly audio?: SequenceRows;
}

/** Videos as a tagger's forward pass takes them. */
export interface PreparedVideos {
  /** Every modality of the model; owned by whoever asked for it. */
  readonly input: TaggerInput;
  /** Rows of each video's own features, 0 where zeros stand for missing sound. */
  readonly rows: { readonly image: readonly number[]; readonly audio: readonly number[] };
}

/** Turns videos into what a tagger's forward pass takes; a frozen encoder runs once a title. */
export class TaggerInputs {
  readonly #model: MultimodalTagger;
  readonly #text: TextPreprocessing | undefined;
  readonly #encodings: TitleEncodings | undefined;

  /**
   * @param store a second place for a frozen encoder's encodings
   * @throws MismatchError when the vocabulary or the length of titles is more than the model's encoder knows
   */
  constructor(model: MultimodalTagger, text: TextPreprocessing | undefined, store?: TitleEncodingStore) {
    this.#model = model;
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
    this.#encodings = new TitleEncodings(model.text, { store });
  }

  /**
   * @param training whether a training step will use the result
   * @returns every modality of the model, owned by the caller
   * @throws TypeError when a video has no image features and the model wants some. Missing sound becomes the
   *   reference's rows of zeros, a missing title the empty one.
   */
  async prepare(
    videos: readonly VideoFeatures[],
    { training }: { readonly training: boolean },
  ): Promise<PreparedVideos> {
    const { image, audio } = this.#model.config;
    const images = image ? videos.map((video, index) => video.image ?? missingImage(index)) : [];
    const sounds = audio ? videos.map((video) => withSilence(video.audio ?? NO_ROWS, audio.featureSize)) : [];
    const text = await this.#prepareTitles(videos, training);
    try {
      const features = tf.tidy(() => ({
        ...(image && { image: padSequences(images, image.featureSize) }),
        ...(audio && { audio: padSequences(sounds, audio.featureSize) }),
      }));
      const rows = (modality: "image" | "audio") => videos.map((video) => video[modality]?.rows ?? 0);
      return { input: { ...features, ...(text && { text }) }, rows: { image: rows("image"), audio: rows("audio") } };
    } catch (error) {
      if (text) tf.dispose(text);
      throw error;
    }
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

const NO_ROWS: SequenceRows = { rows: 0, size: 0, data: new Float32Array(0) };

function missingImage(index: number): never {
  throw new TypeError(`Video ${index} has no image features, which this tagger needs.`);
}
