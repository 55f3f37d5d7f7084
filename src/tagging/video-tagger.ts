import * as tf from "@tensorflow/tfjs-core";
import { MismatchError, NotFiniteError } from "../core/errors.ts";
import { nextTurn } from "../core/next-turn.ts";
import { expectOptions } from "../core/options.ts";
import { collateLabels, type LabelForm } from "../data/collate.ts";
import type { FeatureOptions } from "../data/decoded-features.ts";
import type { VideoDataset } from "../data/video-dataset.ts";
import type { MultimodalTagger, TaggerOutput } from "../models/multimodal-tagger.ts";
import { featureSizes } from "../models/tagger-config.ts";
import {
  type BatchOptions,
  type BatchTagger,
  type LabelledVideo,
  type MeasuredBatch,
  type TaggedDatasetVideo,
  tagAll,
} from "./batch-tagger.ts";
import { type Calibration, calibratedScores } from "./calibration.ts";
import { expectVideos } from "./expected-videos.ts";
import { explainLogits } from "./explanation.ts";
import { type BatchPart, MEMORY_BUDGET, type MemoryLimit, PIECE_ROWS, splitByMemory } from "./memory-budget.ts";
import {
  expectThreshold,
  TAG_KINDS,
  type Tag,
  type TaggedVideo,
  type TagOptions,
  type Threshold,
  thresholdOf,
} from "./tagged-video.ts";
import {
  type PreparedVideos,
  TaggerInputs,
  type TextPreprocessing,
  type TitleEncodingOptions,
  type VideoFeatures,
} from "./tagger-inputs.ts";

export interface VideoTaggerConfig extends TitleEncodingOptions {
  readonly model: MultimodalTagger;
  /** The name of each class, in order. */
  readonly labels: readonly string[];
  /** How each text of the model becomes tokens. */
  readonly texts?: { readonly [modality: string]: TextPreprocessing } | undefined;
  /** Default 0.5. */
  readonly threshold?: Threshold | undefined;
  /** What makes scores of the logits. Default: the model's head alone. */
  readonly calibration?: Calibration | undefined;
  /** Bytes of the backend's memory that the videos of a batch may take; a larger batch is split. Default 512 MiB. */
  readonly memoryBudget?: number | undefined;
}

/** A model with all that stands between it and videos: label names, tokenizer, threshold. */
export class VideoTagger implements BatchTagger {
  readonly config: VideoTaggerConfig;
  readonly inputs: TaggerInputs;

  /**
   * @throws MismatchError when labels and model do not fit, or tokenizer or title encoder and the model's encoder; TypeError
   *   without a tokenizer
   */
  constructor(config: VideoTaggerConfig) {
    this.config = config;
    expectOptions("VideoTagger", config, {
      needed: { model: "object", labels: "list" },
      optional: {
        ...{ texts: "object", calibration: "object", titleEncoders: "object", titleEncodingStores: "object" },
        ...{ threshold: "any", titleEncodingCapacity: "number", memoryBudget: "size" },
      },
    });
    const { model, labels, texts = {} } = config;
    if (labels.length !== model.config.numClasses) {
      throw new MismatchError(
        `A tagger of ${model.config.numClasses} classes needs as many labels. Got ${labels.length}.`,
      );
    }
    for (const [what, list] of [
      ["thresholds", config.threshold],
      ["Platt scalings", config.calibration?.kind === "platt" && config.calibration.scalings],
    ] as const) {
      if (!Array.isArray(list) || list.length === labels.length) continue;
      throw new MismatchError(`A tagger of ${labels.length} labels needs as many ${what}. Got ${list.length}.`);
    }
    this.inputs = new TaggerInputs(model, texts, config);
  }

  /** It computes in its own thread, one batch after another. */
  get parallelBatches(): number {
    return 1;
  }

  get model(): MultimodalTagger {
    return this.config.model;
  }

  get labels(): readonly string[] {
    return this.config.labels;
  }

  /** The score that a tag needs unless a call says otherwise. */
  get threshold(): Threshold {
    return this.config.threshold ?? 0.5;
  }

  /** The form of labels that the model's loss wants. */
  get labelForm(): LabelForm {
    return this.model.config.head === "sigmoid" ? "multi-hot" : "distribution";
  }

  /** What to ask a dataset for: widths of the features that the model takes, and which a video must have. */
  get sampleOptions(): BatchTagger["sampleOptions"] & Required<Pick<FeatureOptions, "sizes" | "required">> {
    const { config } = this.model;
    const entries = Object.entries(config.modalities);
    const required = entries.flatMap(([name, { whenAbsent }]) => (whenAbsent === "left-out" ? [name] : []));
    return { sizes: featureSizes(config), required };
  }

  /**
   * Tags videos together, as many at a time as the budget of memory allows; one that is too long for it is taken piece by
   * piece. Each may lack any of the model's modalities, and `present` says which it had: with nothing
   * at all, a model that masks each absent modality answers with the head's bias, what it expects of any video.
   *
   * @throws ShapeError when features have another width than the model's, NotFiniteError when a score is NaN; TypeError for
   *   what is no video, or has a name that a modality of the model was most likely meant by; RangeError for a threshold that
   *   is no probability
   */
  async tag(videos: readonly VideoFeatures[], options: TagOptions = {}): Promise<TaggedVideo[]> {
    expectOptions("tag", options, { optional: TAG_KINDS });
    if (options.threshold !== undefined) expectThreshold("tag", options.threshold, this.labels.length);
    expectVideos("tag", videos, this.model.config);
    const { threshold = this.threshold, explain = false, signal } = options;
    return this.#overParts(videos, signal, (own, { output, present }) => {
      return this.#results(own, output, present, { threshold, explain });
    });
  }

  /** Tags the videos of a dataset, in batches of similar length; they come in the dataset's own order. */
  tagAll(dataset: VideoDataset, options?: TagOptions & Partial<BatchOptions>): AsyncGenerator<TaggedDatasetVideo> {
    return tagAll(this, dataset, options);
  }

  /**
   * The loss of videos in one batch, and their probabilities, before and after any calibration.
   *
   * @throws NotFiniteError when the loss is NaN or infinite
   */
  async measure(videos: readonly LabelledVideo[], { signal }: Pick<TagOptions, "signal"> = {}): Promise<MeasuredBatch> {
    let sum = 0;
    const measured = await this.#overParts(videos, signal, async (own, { output }) => {
      sum += await this.#lossOf(own, output.logits);
      const probabilities = await this.#rowsOf(output.probabilities);
      const { calibration } = this.config;
      const scores = calibration ? await this.#scoresOf(output, await this.#rowsOf(output.logits)) : probabilities;
      return probabilities.map((each, index) => ({ probabilities: each, scores: scores[index] as Float32Array }));
    });
    return {
      loss: sum,
      probabilities: measured.map(({ probabilities }) => probabilities),
      scores: measured.map(({ scores }) => scores),
    };
  }

  /** Frees the model. */
  dispose(): void {
    this.model.dispose();
  }

  /** What a batch of this tagger may take of the backend's memory. */
  memoryLimit(pass: "prediction" | "training"): MemoryLimit {
    const { config, hasKernels, poolings } = this.model;
    const { memoryBudget: budget = MEMORY_BUDGET } = this.config;
    return { config, budget, tokens: this.inputs.maxTokens, pass, kernels: hasKernels, poolings };
  }

  /**
   * Computes a batch, one part after another.
   *
   * @param work what each video of a part becomes, in the part's order; what the forward pass gave is freed after it
   * @returns the same for all videos, in the batch's order
   */
  async #overParts<Video extends VideoFeatures, Result>(
    videos: readonly Video[],
    signal: AbortSignal | undefined,
    work: (videos: readonly Video[], computed: ComputedPart) => Promise<readonly Result[]>,
  ): Promise<Result[]> {
    const all = new Array<Result>(videos.length);
    const parts = videos.length === 0 ? [] : splitByMemory(videos, this.memoryLimit("prediction"));
    for (const [step, part] of parts.entries()) {
      if (step > 0) await nextTurn();
      signal?.throwIfAborted();
      const own = part.places.map((place) => videos[place] as Video);
      const computed = await this.#forward(own, part, signal);
      try {
        const results = await work(own, computed);
        for (const [index, place] of part.places.entries()) all[place] = results[index] as Result;
      } finally {
        tf.dispose(computed.output);
      }
    }
    return all;
  }

  async #forward(
    videos: readonly VideoFeatures[],
    { fits }: BatchPart,
    signal: AbortSignal | undefined,
  ): Promise<ComputedPart> {
    if (fits) {
      const { input, present } = await this.inputs.prepare(videos, { training: false });
      try {
        return { output: this.model.forward(input), present };
      } finally {
        tf.dispose(input);
      }
    }
    const { video, present } = await this.inputs.prepareLong(videos[0] as VideoFeatures);
    try {
      const output = await this.model.forwardInPieces(video, { pieceRows: PIECE_ROWS, signal });
      return { output, present: [present] };
    } finally {
      tf.dispose(video.texts);
    }
  }

  /** The summed loss of the videos of a part. */
  async #lossOf(videos: readonly LabelledVideo[], logits: tf.Tensor2D): Promise<number> {
    let labels: tf.Tensor2D | undefined;
    let loss: tf.Scalar | undefined;
    try {
      const classes = videos.map((video) => video.classes);
      labels = collateLabels(classes, this.labels.length, this.labelForm);
      loss = this.model.loss(logits, labels);
      const value = (await loss.data())[0] as number;
      if (Number.isFinite(value)) return value;
      const names = videos.map(({ video }) => video).join(", ");
      throw new NotFiniteError(`The loss is ${value} in the batch of these videos: ${names}.`);
    } finally {
      tf.dispose([labels, loss]);
    }
  }

  async #results(
    videos: readonly VideoFeatures[],
    output: TaggerOutput,
    present: PreparedVideos["present"],
    { threshold, explain }: { readonly threshold: Threshold; readonly explain: boolean },
  ): Promise<TaggedVideo[]> {
    const logits = await this.#rowsOf(output.logits);
    const scores = await this.#scoresOf(output, logits);
    const attention = new Map<string, ArrayLike<number>>();
    for (const [modality, weights] of Object.entries(output.attention)) attention.set(modality, await weights.data());
    const explanations = explain ? await explainLogits(this.model, output.features) : undefined;
    return videos.map((video, index) => {
      const own = scores[index] as Float32Array;
      const wrong = own.findIndex((score) => !Number.isFinite(score));
      if (wrong !== -1) {
        throw new NotFiniteError(`Video ${index} has the score ${own[wrong]} for the label ${this.labels[wrong]}.`);
      }
      const ofRows = [...attention].flatMap(([modality, weights]) => {
        const row = rowOf(weights, index, videos.length, video.rows?.[modality]?.rows);
        return row === undefined ? [] : [[modality, row]];
      });
      const explanation = explanations?.[index];
      return {
        tags: this.#tagsAbove(own, threshold),
        scores: own,
        logits: logits[index] as Float32Array,
        present: present[index] as readonly string[],
        attention: Object.fromEntries(ofRows),
        ...(explanation && { explanation }),
      };
    });
  }

  /** The scores of each video, [numClasses]. */
  async #scoresOf({ probabilities }: TaggerOutput, logits: readonly Float32Array[]): Promise<Float32Array[]> {
    const { calibration } = this.config;
    if (calibration === undefined) return this.#rowsOf(probabilities);
    return logits.map((own) => calibratedScores(own, calibration, this.model.config.head));
  }

  async #rowsOf(matrix: tf.Tensor2D): Promise<Float32Array[]> {
    const values = (await matrix.data()) as Float32Array;
    const [rows, size] = matrix.shape;
    return Array.from({ length: rows }, (_, row) => values.slice(row * size, (row + 1) * size));
  }

  #tagsAbove(scores: Float32Array, threshold: Threshold): Tag[] {
    const tags: Tag[] = [];
    for (const [index, label] of this.labels.entries()) {
      const score = scores[index] as number;
      if (score >= thresholdOf(threshold, index)) tags.push({ label, score });
    }
    return tags.sort((a, b) => b.score - a.score);
  }
}

/** What a forward pass gave for a part of a batch. */
interface ComputedPart {
  readonly output: TaggerOutput;
  readonly present: PreparedVideos["present"];
}

/** The first `length` values of a row of [rows, size]; undefined when there are none. */
function rowOf(
  values: ArrayLike<number>,
  row: number,
  rows: number,
  length: number | undefined,
): Float32Array | undefined {
  if (!length) return undefined;
  const begin = row * (values.length / rows);
  return Float32Array.from({ length }, (_, index) => values[begin + index] as number);
}
