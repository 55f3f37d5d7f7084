import * as tf from "@tensorflow/tfjs-core";
import { MismatchError, ShapeError } from "../core/errors.ts";
import { padSequences, type SequenceBatch, type SequenceRows } from "../core/sequence-batch.ts";
import { collateTitles, zeroRows } from "../data/collate.ts";
import type { TokenBatch } from "../models/ernie-encoder.ts";
import type { LongVideo, MultimodalTagger, TaggerInput } from "../models/multimodal-tagger.ts";
import { featureSizes, isMaskedWhenAbsent, type ModalityConfig, textsOf, zeroRowsOf } from "../models/tagger-config.ts";
import { ernieTitleEncoder, type TitleEncoder } from "./title-encoder.ts";
import { type TitleEncodingStore, TitleEncodings } from "./title-encodings.ts";

/** What turns a text into token ids, such as an `ErnieTokenizer` of `ernie-tokenizer-wasm`. */
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
  /** Tokens of a text at most, [CLS] and [SEP] included. */
  readonly maxLength: number;
}

/** A video outside of any backend. Each part may be missing: `hasModality` says when it counts as missing. */
export interface VideoFeatures {
  /** Features by modality: frames, sound, a single vector as one row. */
  readonly rows?: { readonly [modality: string]: SequenceRows | undefined };
  /** Texts by modality. */
  readonly texts?: { readonly [modality: string]: string | undefined };
}

/**
 * Whether a video has a modality: features of at least one row, or a text that is not blank. An empty text is none,
 * because list files have no other way to say so.
 */
export function hasModality({ rows, texts }: VideoFeatures, modality: string): boolean {
  return (rows?.[modality]?.rows ?? 0) > 0 || (texts?.[modality] ?? "").trim() !== "";
}

/** Videos as a tagger's forward pass takes them. */
export interface PreparedVideos {
  /** Every modality of the model; owned by whoever asked for it. */
  readonly input: TaggerInput;
  /** What each video itself has of the model's modalities, whatever stands in for the others. */
  readonly present: readonly (readonly string[])[];
}

/** How frozen encoders' encodings are made and kept. */
export interface TitleEncodingOptions {
  /** What computes them, by modality. Default: the model's own encoders. */
  readonly titleEncoders?: { readonly [modality: string]: TitleEncoder } | undefined;
  /** A second place for them, beside memory, by modality. */
  readonly titleEncodingStores?: { readonly [modality: string]: TitleEncodingStore } | undefined;
  /** Bytes of them that are kept in memory at most, for each modality. Default 512 MiB. */
  readonly titleEncodingCapacity?: number | undefined;
}

/** One text of a model: how it becomes tokens, and what a frozen encoder made of them. */
interface TextInput {
  readonly preprocessing: TextPreprocessing;
  /** Undefined where no encoder is frozen. */
  readonly encodings: TitleEncodings | undefined;
  /** Whether training must run the encoder anew, for its dropout. */
  readonly changesInTraining: boolean;
}

/** Turns videos into what a tagger's forward pass takes; a frozen encoder runs once a text. */
export class TaggerInputs {
  readonly #model: MultimodalTagger;
  readonly #texts: ReadonlyMap<string, TextInput>;

  /**
   * @param texts how each text of the model becomes tokens
   * @throws MismatchError when a vocabulary or the length of texts is more than the model's encoder knows, or when a title
   *   encoder is given to a modality without a frozen one; TypeError for a text without a tokenizer
   */
  constructor(
    model: MultimodalTagger,
    texts: { readonly [modality: string]: TextPreprocessing },
    options: TitleEncodingOptions = {},
  ) {
    this.#model = model;
    for (const name of Object.keys(options.titleEncoders ?? {})) expectFrozenEncoder(model, name);
    const names = textsOf(model.config);
    const other = Object.keys(texts).find((name) => !names.includes(name));
    if (other !== undefined) {
      throw new MismatchError(`The tagger's texts are ${names.join(", ") || "none"}. Got a tokenizer for ${other}.`);
    }
    this.#texts = new Map(names.map((name) => [name, textInput(model, name, texts[name], options)]));
  }

  /**
   * @param training whether a training step will use the result
   * @returns every modality of the model, owned by the caller. In place of one that a video lacks stands what its
   *   `whenAbsent` says.
   * @throws ShapeError when features have another width than the model's, or not rows * size values; TypeError when the model
   *   was disposed of
   */
  async prepare(
    videos: readonly VideoFeatures[],
    { training }: { readonly training: boolean },
  ): Promise<PreparedVideos> {
    this.#model.expectParameters();
    const { modalities } = this.#model.config;
    const names = Object.keys(modalities);
    const nameOf = (modality: string) => (index: number) => {
      const { video = index } = videos[index] as VideoFeatures & { readonly video?: string };
      return `Video ${video}: ${modality}`;
    };
    const texts: Record<string, TokenBatch | SequenceBatch> = {};
    try {
      for (const name of this.#texts.keys()) texts[name] = await this.#prepareText(name, videos, training);
      return tf.tidy(() => {
        const sequences: Record<string, TokenBatch | SequenceBatch> = {};
        for (const [name, size] of Object.entries(featureSizes(this.#model.config))) {
          const rows = videos.map((video) => this.#rowsOf(video, name) ?? NO_ROWS);
          sequences[name] = padSequences(rows, size, nameOf(name));
        }
        const masked = names.filter((name) => isMaskedWhenAbsent(modalities[name] as ModalityConfig));
        const present = videos.map((video) => names.filter((name) => hasModality(video, name)));
        return { input: { sequences: { ...sequences, ...texts }, present: presenceMasks(videos, masked) }, present };
      });
    } catch (error) {
      tf.dispose(texts);
      throw error;
    }
  }

  /** The same of one video for `MultimodalTagger.forwardInPieces`: nothing but its texts is in the backend's memory. */
  async prepareLong(video: VideoFeatures): Promise<{ readonly video: LongVideo; readonly present: readonly string[] }> {
    const { modalities } = this.#model.config;
    const names = Object.keys(modalities);
    const present = names.filter((name) => hasModality(video, name));
    const rows: Record<string, SequenceRows> = {};
    for (const [name, size] of Object.entries(featureSizes(this.#model.config))) {
      const own = this.#rowsOf(video, name);
      if (own === undefined) continue;
      expectRows(name, own, size);
      rows[name] = own;
    }
    const texts: Record<string, TokenBatch | SequenceBatch> = {};
    try {
      for (const name of this.#texts.keys()) {
        if (isMaskedWhenAbsent(modalities[name] as ModalityConfig) && !present.includes(name)) continue;
        texts[name] = await this.#prepareText(name, [video], false);
      }
    } catch (error) {
      tf.dispose(texts);
      throw error;
    }
    return { video: { rows, texts }, present };
  }

  /** Tokens that each text may have. */
  get maxTokens(): { readonly [modality: string]: number } {
    return Object.fromEntries([...this.#texts].map(([name, { preprocessing }]) => [name, preprocessing.maxLength]));
  }

  /** A video's features, or the zeros that stand for them; undefined where nothing does. */
  #rowsOf(video: VideoFeatures, modality: string): SequenceRows | undefined {
    const own = video.rows?.[modality];
    if (own !== undefined && own.rows > 0) return own;
    const config = this.#model.config.modalities[modality] as ModalityConfig;
    const rows = zeroRowsOf(config);
    return rows > 0 && "size" in config.input ? zeroRows(rows, config.input.size) : undefined;
  }

  async #prepareText(
    modality: string,
    videos: readonly VideoFeatures[],
    training: boolean,
  ): Promise<TokenBatch | SequenceBatch> {
    const { preprocessing, encodings, changesInTraining } = this.#texts.get(modality) as TextInput;
    const { tokenizer, maxLength } = preprocessing;
    const ids = videos.map(({ texts }) => tokenizer.encode(texts?.[modality] ?? "", { maxLength }));
    return encodings === undefined || (training && changesInTraining) ? collateTitles(ids) : encodings.encode(ids);
  }
}

function textInput(
  model: MultimodalTagger,
  name: string,
  preprocessing: TextPreprocessing | undefined,
  { titleEncoders, titleEncodingStores, titleEncodingCapacity: capacity }: TitleEncodingOptions,
): TextInput {
  if (preprocessing === undefined) throw new TypeError(`A tagger of the text "${name}" needs a tokenizer for it.`);
  const { encoder, embedding, config } = model.tower(name);
  const rows = encoder?.config.vocabularySize ?? (embedding?.config.rows as number);
  if (preprocessing.tokenizer.idLimit > rows) {
    const problem = `The vocabulary must have ids below ${rows}, the rows of the word embedding.`;
    throw new MismatchError(`${problem} Got ${preprocessing.tokenizer.idLimit - 1}.`);
  }
  const maxPositions = encoder?.config.maxPositions ?? Number.POSITIVE_INFINITY;
  if (preprocessing.maxLength > maxPositions) {
    throw new MismatchError(
      `Titles may have ${maxPositions} tokens at most with this encoder. Got ${preprocessing.maxLength}.`,
    );
  }
  const training = "encoder" in config.input ? config.input.training : undefined;
  if (encoder === undefined || training === undefined || training === "fine-tuned") {
    return { preprocessing, encodings: undefined, changesInTraining: false };
  }
  const store = titleEncodingStores?.[name];
  const engine = titleEncoders?.[name] ?? ernieTitleEncoder(encoder);
  const encodings = new TitleEncodings(engine, encoder.config.hiddenSize, { store, capacity });
  return { preprocessing, encodings, changesInTraining: training === "frozen-with-dropout" };
}

function expectFrozenEncoder(model: MultimodalTagger, name: string): void {
  const input = model.config.modalities[name]?.input;
  if (input !== undefined && "encoder" in input && input.training !== "fine-tuned") return;
  const isText = input !== undefined && !("size" in input);
  const got = isText ? "a trained one" : `no text "${name}"`;
  throw new MismatchError(`A title encoder takes the place of a frozen encoder. This model has ${got}.`);
}

function expectRows(modality: string, { rows, size, data }: SequenceRows, expected: number): void {
  if (size === expected && data.length === rows * size) return;
  throw new ShapeError(
    `The video's ${modality} must have shape [${rows}, ${expected}]. Got ${data.length} values in rows of ${size}.`,
  );
}

const NO_ROWS: SequenceRows = { rows: 0, size: 0, data: new Float32Array(0) };

/** For each of the modalities that a video lacks: [batch], 1 for a video that has it and 0 for one that does not. */
function presenceMasks(videos: readonly VideoFeatures[], modalities: readonly string[]): Record<string, tf.Tensor1D> {
  const masks: Record<string, tf.Tensor1D> = {};
  for (const modality of modalities) {
    const present = videos.map((video) => hasModality(video, modality));
    if (present.includes(false)) masks[modality] = tf.tensor1d(present.map(Number));
  }
  return masks;
}
