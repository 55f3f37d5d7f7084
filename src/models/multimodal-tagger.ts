import * as tf from "@tensorflow/tfjs-core";
import { hasFasterKernel } from "../core/composed-kernel.ts";
import { expectShape } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import type { SequenceBatch, SequenceRows } from "../core/sequence-batch.ts";
import { Linear } from "../layers/linear.ts";
import { POOLINGS } from "../layers/pooling/poolings.ts";
import type { PooledSequence } from "../layers/pooling/temporal-pooling.ts";
import { dense } from "../ops/dense.ts";
import { peepholeLstmKernel } from "../ops/peephole-lstm.ts";
import { sigmoidCrossEntropy } from "../ops/sigmoid-cross-entropy.ts";
import { softmaxCrossEntropy } from "../ops/softmax-cross-entropy.ts";
import type { TokenBatch } from "./ernie-encoder.ts";
import { readTaggerConfig } from "./read-tagger-config.ts";
import { evaluationOrder, type ModalityConfig, type MultimodalTaggerConfig, type Poolings } from "./tagger-config.ts";
import { type PieceOptions, Tower } from "./tower.ts";

/** A batch of videos: every modality of the config, the same number of videos in each. */
export type TaggerInput = {
  /** Features, a text's token ids, or what the tower's `encode` made of them. */
  readonly sequences: { readonly [modality: string]: SequenceBatch | TokenBatch };
  /**
   * Which videos have a modality: [batch] of ones and zeros each; all have one that is left out. Where a video lacks a
   * modality, what stands in its place has no meaning, as long as it is finite (a text's ids within the vocabulary).
   */
  readonly present?: { readonly [modality: string]: tf.Tensor1D };
};

/** One video for `forwardInPieces`, with what stands for modalities that it lacks; none for one that is masked. */
export interface LongVideo {
  readonly rows: { readonly [modality: string]: SequenceRows };
  /** A batch of one each. */
  readonly texts: { readonly [modality: string]: TokenBatch | SequenceBatch };
}

/** What a forward pass gives; the caller owns every tensor (`tf.dispose` takes it as a whole). */
export type TaggerOutput = {
  /** [batch, numClasses] */
  readonly logits: tf.Tensor2D;
  /** [batch, numClasses] */
  readonly probabilities: tf.Tensor2D;
  /** Each modality's vector, [batch, size]: what the head sees. Zeros for a modality that a video lacks. */
  readonly features: { readonly [modality: string]: tf.Tensor2D };
  /**
   * Where in time the model looked, [batch, time]; sums to 1 over a sequence. Zeros for one that a video lacks. For the
   * modalities whose pooling weighs rows.
   */
  readonly attention: { readonly [modality: string]: tf.Tensor2D };
};

/** What a tagger is made of beyond its configuration. */
export interface MultimodalTaggerOptions {
  /** The kinds that poolings may have. Default: those of this library. Yours stand beside them: `{ ...POOLINGS, ...mine }`. */
  readonly poolings?: Poolings | undefined;
}

/**
 * Tags videos from any number of modalities: each becomes one vector (`Tower`), which may guide another one's pooling, and a
 * linear head over all vectors, in the order of the config, gives one score per label:
 *
 *     vector_m = tower_m(rows_m, vector of m's guide)
 *     logits = [vector_1, vector_2, ...] * kernel + bias
 *
 * With the modalities of the preset `multimodalVideoTag`: MultimodalVideoTag (PaddleVideo), attention_lstm_ernie.
 */
export class MultimodalTagger extends Module {
  /** With each default. */
  readonly config: MultimodalTaggerConfig;
  /** By the names of the modalities, each guide before those that it guides. */
  readonly towers: { readonly [modality: string]: Tower };
  readonly head: Linear;
  /** The kinds that its poolings may have. */
  readonly poolings: Poolings;

  /** @throws TypeError or RangeError for a config that cannot be; TooLargeError when there is no memory for a parameter */
  constructor(
    config: MultimodalTaggerConfig,
    random: InitialValues,
    { poolings = POOLINGS }: MultimodalTaggerOptions = {},
  ) {
    super();
    this.poolings = poolings;
    this.config = readTaggerConfig(config, { path: "", complain: describeProblem }, poolings);
    const { modalities, dropout, numClasses } = this.config;
    const towers: Record<string, Tower> = {};
    for (const name of orderOf(modalities)) {
      const { input, recurrence, pooling, guidedBy } = modalities[name] as ModalityConfig;
      const guideSize = guidedBy === undefined ? undefined : towers[guidedBy]?.outputSize;
      towers[name] = new Tower({ input, recurrence, pooling, guideSize, dropout }, random, poolings);
    }
    this.towers = towers;
    const inputSize = Object.values(towers).reduce((sum, { outputSize }) => sum + outputSize, 0);
    this.head = new Linear({ inputSize, outputSize: numClasses }, random);
  }

  /** The modalities of the config, in the order in which the head sees them. */
  get modalities(): string[] {
    return Object.keys(this.config.modalities);
  }

  /** Whether kernels of this library compute the recurrence on the current backend: composed operations need more memory. */
  get hasKernels(): boolean {
    return hasFasterKernel(peepholeLstmKernel);
  }

  /** @throws TypeError when there is no such modality */
  tower(modality: string): Tower {
    const tower = this.towers[modality];
    if (tower === undefined) throw new TypeError(`MultimodalTagger: it has no modality ${modality}.`);
    return tower;
  }

  /**
   * A modality that `input.present` denies a video adds nothing to its logits, and guides others as a zero vector; a video
   * without any modality gets the head's bias.
   *
   * @param input values and masks as the config says: for features [batch, time, size], for texts [batch, time]
   * @returns logits, probabilities, features and attention weights, owned by the caller
   * @throws ShapeError when an input does not fit the config, TypeError when a modality of the config is not in the input
   */
  forward(input: TaggerInput, options: ForwardOptions = {}): TaggerOutput {
    this.expectParameters();
    const { modalities } = this;
    const given = modalities.map((modality) => {
      const sequence = input.sequences[modality];
      if (sequence === undefined) throw new TypeError(`MultimodalTagger: the input has no ${modality}.`);
      return sequence;
    });
    const batch = given[0]?.mask.shape[0] as number;
    for (const [index, { mask }] of given.entries()) {
      const modality = modalities[index] as string;
      expectShape(`MultimodalTagger: ${modality} mask`, mask, [batch, "time"]);
      const present = input.present?.[modality];
      if (present !== undefined) expectShape(`MultimodalTagger: present ${modality}`, present, [batch]);
    }
    return tf.tidy(() => {
      const pooled = new Map<string, PooledSequence>();
      for (const [modality, tower] of Object.entries(this.towers)) {
        const sequence = onlyPresent(
          input.sequences[modality] as SequenceBatch | TokenBatch,
          input.present?.[modality],
        );
        pooled.set(modality, tower.forward(sequence, this.#guideOf(modality, pooled), options));
      }
      return this.#output(pooled);
    });
  }

  /**
   * Like `forward` for one video in prediction, whose sequences are taken piece by piece: the same result up to the last bits, in
   * memory that hardly grows with the video (`Tower.forwardInPieces`).
   *
   * @param video its sequences outside of the backend, none for a modality that it lacks and that is masked; its texts
   * @returns as `forward` for a batch of one, owned by the caller
   */
  async forwardInPieces(video: LongVideo, options: PieceOptions): Promise<TaggerOutput> {
    const pooled = new Map<string, PooledSequence>();
    try {
      for (const [modality, tower] of Object.entries(this.towers)) {
        const guide = this.#guideOf(modality, pooled);
        const text = video.texts[modality];
        const rows = video.rows[modality];
        if (text !== undefined) pooled.set(modality, tower.forward(text, guide));
        else if (rows !== undefined && rows.rows > 0) {
          pooled.set(modality, await tower.forwardInPieces(rows, guide, options));
        } else {
          const nothing = tf.tidy(() => ({ pooled: tf.zeros([1, tower.outputSize]), weights: tf.zeros([1, 1]) }));
          pooled.set(modality, nothing as PooledSequence);
        }
      }
      return tf.tidy(() => this.#output(pooled));
    } catch (error) {
      tf.dispose([...pooled.values()]);
      throw error;
    }
  }

  #guideOf(modality: string, pooled: ReadonlyMap<string, PooledSequence>): tf.Tensor2D | undefined {
    const guide = this.config.modalities[modality]?.guidedBy;
    return guide === undefined ? undefined : pooled.get(guide)?.pooled;
  }

  #output(pooled: ReadonlyMap<string, PooledSequence>): TaggerOutput {
    const features: Record<string, tf.Tensor2D> = {};
    const attention: Record<string, tf.Tensor2D> = {};
    for (const modality of this.modalities) {
      const { pooled: vector, weights } = pooled.get(modality) as PooledSequence;
      features[modality] = vector;
      if (weights !== undefined) attention[modality] = weights;
    }
    const joined = tf.concat2d(Object.values(features), 1);
    const logits = this.head.forward(joined) as tf.Tensor2D;
    const probabilities = this.config.head === "sigmoid" ? tf.sigmoid(logits) : tf.softmax(logits);
    return { logits, probabilities, features, attention };
  }

  /**
   * What each modality adds to each logit. The head is linear over the joined features, so exactly
   *
   *     logits = head.bias + sum over the modalities m of features_m * kernel_m
   *
   * where kernel_m are the head's rows for that modality. For a softmax head these are shares of what stands before the
   * softmax.
   *
   * @param features as `forward` returned them: [batch, size] for each modality of the config
   * @returns [batch, numClasses] for each modality, owned by the caller
   */
  contributions(features: TaggerOutput["features"]): { readonly [modality: string]: tf.Tensor2D } {
    return tf.tidy(() => {
      const contributions: Record<string, tf.Tensor2D> = {};
      let begin = 0;
      for (const modality of this.modalities) {
        const feature = features[modality] as tf.Tensor2D;
        const size = feature.shape[1];
        contributions[modality] = dense(feature, tf.slice(this.head.kernel, begin, size), undefined) as tf.Tensor2D;
        begin += size;
      }
      return contributions;
    });
  }

  /**
   * The loss that the head's form asks for, summed over labels and batch.
   *
   * @param logits [batch, numClasses]
   * @param labels [batch, numClasses]: ones and zeros for a sigmoid head, a distribution a row for softmax
   * @param weights of the labels, [batch, numClasses] or [batch, 1]; 1 unless given
   */
  loss(logits: tf.Tensor2D, labels: tf.Tensor2D, weights?: tf.Tensor2D): tf.Scalar {
    const loss = this.config.head === "sigmoid" ? sigmoidCrossEntropy : softmaxCrossEntropy;
    return loss(logits, labels, weights);
  }
}

function describeProblem(path: string, problem: string): TypeError {
  return new TypeError(`MultimodalTagger: ${path === "" ? "" : `${path}: `}${problem}`);
}

/** Of a config that was read, so that there is no circle. */
function orderOf(modalities: MultimodalTaggerConfig["modalities"]): readonly string[] {
  const found = evaluationOrder(modalities);
  return "order" in found ? found.order : [];
}

/** A sequence whose padding reaches over all of it where the video lacks it: every layer passes over padding. */
function onlyPresent<Sequence extends { readonly mask: tf.Tensor2D }>(
  sequence: Sequence,
  present: tf.Tensor1D | undefined,
): Sequence {
  return present === undefined ? sequence : { ...sequence, mask: tf.mul(sequence.mask, tf.expandDims(present, 1)) };
}
