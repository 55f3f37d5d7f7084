import * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import type { SequenceBatch } from "../core/sequence-batch.ts";
import { Dropout, type DropoutConfig } from "../layers/dropout.ts";
import { TextCnn } from "../layers/pooling/text-cnn.ts";
import { withoutGradient } from "../ops/without-gradient.ts";
import { type ErnieConfig, ErnieEncoder, type TokenBatch } from "./ernie-encoder.ts";

/**
 * How training treats the encoder.
 * - `fine-tuned`: its parameters are trained with the others.
 * - `frozen`: they stay as they are, and it runs as in prediction, so that a title's encoding can be kept.
 * - `frozen-with-dropout`: they stay as they are, but its dropout is active: what the original does when it freezes.
 */
export type EncoderTraining = "fine-tuned" | "frozen" | "frozen-with-dropout";

export interface TextBranchConfig {
  readonly encoder: ErnieConfig;
  readonly encoderTraining: EncoderTraining;
  /** Filters of each of the TextCNN's windows. */
  readonly filters: number;
  readonly windows: readonly number[];
  readonly dropout: DropoutConfig;
}

/** What a tagger's configuration says of its text branch. */
const OWN_KINDS = {
  encoder: "object",
  encoderTraining: ["fine-tuned", "frozen", "frozen-with-dropout"],
  filters: "size",
  windows: "list",
} as const;

/** @throws TypeError or RangeError for an option that is missing or of another kind, or that there is not */
export function expectTextOptions(config: Omit<TextBranchConfig, "dropout">): void {
  expectOptions("TextBranch", config, { needed: OWN_KINDS });
}

/** A title to one vector: ERNIE, TextCNN, dropout. */
export class TextBranch extends Module {
  readonly config: TextBranchConfig;
  readonly encoder: ErnieEncoder;
  readonly cnn: TextCnn;
  readonly dropout: Dropout;

  constructor(config: TextBranchConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("TextBranch", config, { needed: { ...OWN_KINDS, dropout: "object" } });
    this.encoder = new ErnieEncoder(config.encoder, random);
    if (config.encoderTraining !== "fine-tuned") this.encoder.freeze();
    const { filters, windows, dropout } = config;
    this.cnn = new TextCnn({ inputSize: config.encoder.hiddenSize, filters, windows }, random);
    this.dropout = new Dropout(dropout);
  }

  /** Width of the result. */
  get outputSize(): number {
    return this.cnn.outputSize;
  }

  /**
   * The encoder's part alone. Unless it is fine-tuned, no gradient flows back through it.
   *
   * @returns [batch, time, hiddenSize], owned by the caller
   */
  encode(tokens: TokenBatch, options: ForwardOptions = {}): tf.Tensor3D {
    const { encoderTraining } = this.config;
    if (encoderTraining === "fine-tuned") return this.encoder.forward(tokens, options);
    return withoutGradient(() => this.encoder.forward(tokens, encoderTraining === "frozen" ? {} : options));
  }

  /**
   * @param text token ids, or what `encode` made of them, with their mask
   * @returns [batch, outputSize], owned by the caller
   */
  forward(text: TokenBatch | SequenceBatch, options: ForwardOptions = {}): tf.Tensor2D {
    return tf.tidy(() => {
      const encoded = "tokenIds" in text ? { values: this.encode(text, options), mask: text.mask } : text;
      return this.dropout.forward(this.cnn.forward(encoded).pooled, options);
    });
  }
}
