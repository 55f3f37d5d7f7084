import * as tf from "@tensorflow/tfjs-core";
import { hasFasterKernel } from "../core/composed-kernel.ts";
import { expectShape } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import type { SequenceBatch, SequenceRows } from "../core/sequence-batch.ts";
import { Linear } from "../layers/linear.ts";
import { dense } from "../ops/dense.ts";
import type { DropoutScaling } from "../ops/dropout.ts";
import { peepholeLstmKernel } from "../ops/peephole-lstm.ts";
import { sigmoidCrossEntropy } from "../ops/sigmoid-cross-entropy.ts";
import { softmaxCrossEntropy } from "../ops/softmax-cross-entropy.ts";
import type { TokenBatch } from "./ernie-encoder.ts";
import { type PieceOptions, SequenceBranch } from "./sequence-branch.ts";
import { expectTextOptions, TextBranch, type TextBranchConfig } from "./text-branch.ts";

/** In the order in which the head sees them. */
export const MODALITIES = ["image", "audio", "text"] as const;
export type Modality = (typeof MODALITIES)[number];
export type SequenceModality = Exclude<Modality, "text">;

/** Features over time: frames or sound. */
export interface SequenceModalityConfig {
  /** Width of a row of features. */
  readonly featureSize: number;
  /** Units of the LSTM in each direction. */
  readonly units: number;
}

export type TextModalityConfig = Omit<TextBranchConfig, "dropout">;

/**
 * What stands for a title or a sound that a video does not have.
 * - `as-reference`: the empty title ([CLS] [SEP]) and ten rows of zeros, as in the original: they are encoded, attended
 *   to and scored as if they were the video's own.
 * - `masked`: nothing. The modality's vector is zero, and no gradient flows back through its branch.
 *
 * Frames that a video does not have are masked either way; the original has no substitute for them.
 */
export type AbsentModalities = "as-reference" | "masked";

interface TaggerConfigBase {
  readonly image?: SequenceModalityConfig;
  readonly audio?: SequenceModalityConfig;
  readonly numClasses: number;
  /** A probability a label each (sigmoid), or a distribution over the labels (softmax). */
  readonly head: "sigmoid" | "softmax";
  readonly dropoutRate: number;
  readonly dropoutScaling: DropoutScaling;
  /** Default `as-reference`, which the original's checkpoints were trained with. */
  readonly absentModalities?: AbsentModalities;
}

/** Which modalities there are, each by its presence, and what guides the attention over image and audio. */
export type MultimodalTaggerConfig =
  | (TaggerConfigBase & { readonly pooling: "self"; readonly text?: TextModalityConfig })
  | (TaggerConfigBase & { readonly pooling: "text-guided"; readonly text: TextModalityConfig });

/** A batch of videos: every modality of the config, the same number of videos in each. */
export type TaggerInput = {
  readonly image?: SequenceBatch;
  readonly audio?: SequenceBatch;
  /** Token ids, or what the text branch's `encode` made of them. */
  readonly text?: TokenBatch | SequenceBatch;
  /**
   * Which videos have a modality: [batch] of ones and zeros each; all have one that is left out. Where a video lacks a
   * modality, what stands in its place has no meaning, as long as it is finite (a title's ids within the vocabulary).
   */
  readonly present?: { readonly [modality in Modality]?: tf.Tensor1D };
};

/** One video for `forwardInPieces`. */
export interface LongVideo {
  readonly image?: SequenceRows | undefined;
  readonly audio?: SequenceRows | undefined;
  /** A batch of one; needed where the model has titles. */
  readonly text?: TokenBatch | SequenceBatch | undefined;
  readonly textIsPresent: boolean;
}

/** What a forward pass gives; the caller owns every tensor (`tf.dispose` takes it as a whole). */
export type TaggerOutput = {
  /** [batch, numClasses] */
  readonly logits: tf.Tensor2D;
  /** [batch, numClasses] */
  readonly probabilities: tf.Tensor2D;
  /** Each modality's vector, [batch, size]: what the head sees. Zeros for a modality that a video lacks. */
  readonly features: { readonly [modality in Modality]?: tf.Tensor2D };
  /** Where in time the model looked, [batch, time]; sums to 1 over a sequence. Zeros for one that a video lacks. */
  readonly attention: { readonly [modality in SequenceModality]?: tf.Tensor2D };
};

/** The biases that the original's projections have; its checkpoints hold just these. */
const INPUT_BIAS = {
  image: { forward: false, backward: true },
  audio: { forward: true, backward: false },
} as const;

/**
 * Tags videos from frames, sound and title: each modality becomes one vector, the title's may guide the attention over
 * the others, and a linear head over [image, audio, text] gives a score a label.
 *
 * Source: MultimodalVideoTag (PaddleVideo), attention_lstm_ernie.
 */
export class MultimodalTagger extends Module {
  readonly config: MultimodalTaggerConfig;
  readonly text: TextBranch | undefined;
  readonly image: SequenceBranch | undefined;
  readonly audio: SequenceBranch | undefined;
  readonly head: Linear;

  /** @throws TypeError or RangeError for a config that cannot be; TooLargeError when there is no memory for a parameter */
  constructor(config: MultimodalTaggerConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("MultimodalTagger", config, {
      needed: {
        ...{ pooling: ["self", "text-guided"], numClasses: "size", head: ["sigmoid", "softmax"] },
        ...{ dropoutRate: "rate", dropoutScaling: ["training", "inference"] },
      },
      optional: { image: "object", audio: "object", text: "object", absentModalities: ["as-reference", "masked"] },
    });
    for (const modality of ["image", "audio"] as const) {
      if (config[modality] === undefined) continue;
      expectOptions(`MultimodalTagger: ${modality}`, config[modality], {
        needed: { featureSize: "size", units: "size" },
      });
    }
    if (config.text !== undefined) expectTextOptions(config.text);
    if (config.pooling === "text-guided") {
      const { text } = config;
      expectOptions("MultimodalTagger", { text }, { needed: { text: "object" } });
    }
    const dropout = { rate: config.dropoutRate, scaling: config.dropoutScaling };
    this.text = config.text && new TextBranch({ ...config.text, dropout }, random);
    const textSize = config.pooling === "text-guided" ? this.text?.outputSize : undefined;
    const branch = (modality: SequenceModality): SequenceBranch | undefined => {
      const sizes = config[modality];
      if (sizes === undefined) return undefined;
      const lstm = { inputSize: sizes.featureSize, units: sizes.units, inputBias: INPUT_BIAS[modality] };
      return new SequenceBranch({ lstm, textSize, dropout }, random);
    };
    this.image = branch("image");
    this.audio = branch("audio");
    const inputSize = this.modalities.reduce((sum, modality) => sum + (this[modality]?.outputSize ?? 0), 0);
    if (inputSize === 0) throw new TypeError("MultimodalTagger: its config has no modality.");
    this.head = new Linear({ inputSize, outputSize: config.numClasses }, random);
  }

  /** The modalities of the config, in the order in which the head sees them. */
  get modalities(): Modality[] {
    return MODALITIES.filter((modality) => this.config[modality] !== undefined);
  }

  /** Whether kernels of this library compute the recurrence on the current backend: composed operations need more memory. */
  get hasKernels(): boolean {
    return hasFasterKernel(peepholeLstmKernel);
  }

  /**
   * A modality that `input.present` denies a video adds nothing to its logits, and a text that is not there guides the
   * attention as a zero vector; a video without any modality gets the head's bias.
   *
   * @param input values and masks as the config says: image [batch, time, featureSize], audio likewise, text [batch, time]
   * @returns logits, probabilities, features and attention weights, owned by the caller
   * @throws ShapeError when an input does not fit the config, TypeError when a modality of the config is not in the input
   */
  forward(input: TaggerInput, options: ForwardOptions = {}): TaggerOutput {
    this.expectParameters();
    const given = this.modalities.map((modality) => {
      const sequence = input[modality];
      if (sequence === undefined) throw new TypeError(`MultimodalTagger: the input has no ${modality}.`);
      return sequence;
    });
    const batch = given[0]?.mask.shape[0] as number;
    for (const [index, { mask }] of given.entries()) {
      const modality = this.modalities[index] as Modality;
      expectShape(`MultimodalTagger: ${modality} mask`, mask, [batch, "time"]);
      const present = input.present?.[modality];
      if (present !== undefined) expectShape(`MultimodalTagger: present ${modality}`, present, [batch]);
    }
    return tf.tidy(() => {
      const features: { [modality in Modality]?: tf.Tensor2D } = {};
      const attention: { [modality in SequenceModality]?: tf.Tensor2D } = {};
      if (this.text && input.text) {
        features.text = this.text.forward(onlyPresent(input.text, input.present?.text), options);
      }
      for (const modality of ["image", "audio"] as const) {
        const sequence = input[modality];
        if (this[modality] === undefined || sequence === undefined) continue;
        const { pooled, weights } = this[modality].forward(
          onlyPresent(sequence, input.present?.[modality]),
          features.text,
          options,
        );
        features[modality] = pooled;
        attention[modality] = weights;
      }
      return this.#output(features, attention);
    });
  }

  /**
   * Like `forward` for one video in prediction, whose sequences are taken piece by piece: the same result up to the last bits, in
   * memory that hardly grows with the video (`SequenceBranch.forwardInPieces`).
   *
   * @param video its sequences outside of the backend, none for a modality that it lacks and that is masked; its title
   * @returns as `forward` for a batch of one, owned by the caller
   */
  async forwardInPieces(video: LongVideo, options: PieceOptions): Promise<TaggerOutput> {
    const features: { [modality in Modality]?: tf.Tensor2D } = {};
    const attention: { [modality in SequenceModality]?: tf.Tensor2D } = {};
    try {
      if (this.text && video.text) {
        const { text, textIsPresent } = video;
        const ofText = this.text;
        features.text = tf.tidy(() => {
          return ofText.forward(onlyPresent(text, textIsPresent ? undefined : tf.zeros([1])));
        });
      }
      for (const modality of ["image", "audio"] as const) {
        const branch = this[modality];
        if (branch === undefined) continue;
        const sequence = video[modality];
        if (sequence === undefined || sequence.rows === 0) {
          features[modality] = tf.zeros([1, branch.outputSize]);
          attention[modality] = tf.zeros([1, 1]);
          continue;
        }
        const { pooled, weights } = await branch.forwardInPieces(sequence, features.text, options);
        features[modality] = pooled;
        attention[modality] = weights;
      }
      return tf.tidy(() => this.#output(features, attention));
    } catch (error) {
      tf.dispose([features, attention]);
      throw error;
    }
  }

  #output(features: TaggerOutput["features"], attention: TaggerOutput["attention"]): TaggerOutput {
    const joined = tf.concat2d(
      this.modalities.map((modality) => features[modality] as tf.Tensor2D),
      1,
    );
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
  contributions(features: TaggerOutput["features"]): { [modality in Modality]?: tf.Tensor2D } {
    return tf.tidy(() => {
      const contributions: { [modality in Modality]?: tf.Tensor2D } = {};
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

/** A sequence whose padding reaches over all of it where the video lacks it: every layer passes over padding. */
function onlyPresent<Sequence extends { readonly mask: tf.Tensor2D }>(
  sequence: Sequence,
  present: tf.Tensor1D | undefined,
): Sequence {
  return present === undefined ? sequence : { ...sequence, mask: tf.mul(sequence.mask, tf.expandDims(present, 1)) };
}
