import * as tf from "@tensorflow/tfjs-core";
import { expectSize } from "../../core/errors.ts";
import type { InitialValues } from "../../core/initializers.ts";
import { expectOptions } from "../../core/options.ts";
import { expectSequence, type SequenceBatch } from "../../core/sequence-batch.ts";
import { type Field, listOf, wholeNumber } from "../../formats/fields.ts";
import { maskedMax } from "../../ops/masked-max.ts";
import { unfoldTime } from "../../ops/time-unfolding.ts";
import { zeroPadding } from "../../ops/zero-padding.ts";
import { Linear } from "../linear.ts";
import type { PoolingKind } from "./pooling-kind.ts";
import { type PooledSequence, TemporalPooling } from "./temporal-pooling.ts";

export interface TextCnnConfig {
  /** Width of a token's vector. */
  readonly inputSize: number;
  /** Filters of each window. */
  readonly filters: number;
  /** Numbers of neighbouring tokens, as [2, 3, 4]. */
  readonly windows: readonly number[];
}

/**
 * Convolutions over the tokens of a text, each with its own window, and the highest value of each filter:
 *
 *     feature_w = max over t of tanh([x_(t-floor(w/2)) ... x_(t-floor(w/2)+w-1)] * kernel_w + bias_w)
 *
 * The features of all windows stand side by side. Rows outside of the text are zeros.
 *
 * Source: MultimodalVideoTag's textcnn (Paddle's sequence_conv_pool), after arXiv:1408.5882.
 */
export class TextCnn extends TemporalPooling {
  readonly config: TextCnnConfig;
  /** For each window [window * inputSize, filters]. */
  readonly convolutions: readonly Linear[];

  constructor(config: TextCnnConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("TextCnn", config, { needed: { inputSize: "size", filters: "size", windows: "list" } });
    const { inputSize, filters, windows } = config;
    for (const window of windows) expectSize("TextCnn: a window", window);
    this.convolutions = windows.map(
      (window) => new Linear({ inputSize: window * inputSize, outputSize: filters, activation: "tanh" }, random),
    );
  }

  /** Width of the result. */
  get outputSize(): number {
    return this.config.filters * this.config.windows.length;
  }

  /**
   * @param tokens values [batch, time, inputSize] and mask [batch, time]
   * @returns pooled [batch, outputSize], owned by the caller
   * @throws ShapeError when the tokens do not fit the config
   */
  forward(tokens: SequenceBatch): PooledSequence {
    expectSequence("TextCnn: tokens", tokens, this.config.inputSize);
    return tf.tidy(() => {
      const values = zeroPadding(tokens);
      const features = this.convolutions.map((convolution, index) => {
        const unfolded = unfoldTime(values, this.config.windows[index] as number);
        return maskedMax(convolution.forward(unfolded, tokens.mask) as tf.Tensor3D, tokens.mask);
      });
      return { pooled: tf.concat2d(features, 1) };
    });
  }
}

/** What `{ kind: "text-cnn" }` is made of. */
export type TextCnnFields = { readonly filters: Field<number>; readonly windows: Field<readonly number[]> };

// Marked as pure, so that a bundle of another layer is without them.
const FIELDS: TextCnnFields = {
  filters: /* @__PURE__ */ wholeNumber(1),
  windows: /* @__PURE__ */ listOf(/* @__PURE__ */ wholeNumber(1), { atLeast: 1 }),
};

/** `{ kind: "text-cnn", filters: 256, windows: [2, 3, 4] }` */
export const TEXT_CNN: PoolingKind<TextCnnFields> = {
  fields: FIELDS,
  takesGuide: false,
  measure: ({ filters, windows }, { inputSize }) => ({
    outputSize: filters * windows.length,
    parameters: windows.reduce((sum, window) => sum + (window * inputSize + 1) * filters, 0),
  }),
  create: (config, { inputSize }, random) => new TextCnn({ inputSize, ...config }, random),
};
