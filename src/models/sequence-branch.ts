import * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import type { SequenceBatch } from "../core/sequence-batch.ts";
import { Dropout, type DropoutConfig } from "../layers/dropout.ts";
import { BidirectionalLstm, type BidirectionalLstmConfig } from "../layers/peephole-lstm.ts";
import { AttentionPooling, type AttentionPoolingOutput } from "../layers/pooling/attention-pooling.ts";

export interface SequenceBranchConfig {
  readonly lstm: BidirectionalLstmConfig;
  /** Width of the text feature that guides the attention; undefined for self-attention. */
  readonly textSize: number | undefined;
  readonly dropout: DropoutConfig;
}

/** One modality's rows over time to one vector: bidirectional LSTM, dropout, attention pooling. */
export class SequenceBranch extends Module {
  readonly config: SequenceBranchConfig;
  readonly lstm: BidirectionalLstm;
  readonly pooling: AttentionPooling;
  readonly dropout: Dropout;

  constructor(config: SequenceBranchConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("SequenceBranch", config, {
      needed: { lstm: "object", dropout: "object" },
      optional: { textSize: "size" },
    });
    this.lstm = new BidirectionalLstm(config.lstm, random);
    this.pooling = new AttentionPooling({ inputSize: this.lstm.outputSize, guideSize: config.textSize }, random);
    this.dropout = new Dropout(config.dropout);
  }

  /** Width of the result. */
  get outputSize(): number {
    return this.lstm.outputSize;
  }

  /**
   * @param sequence values [batch, time, inputSize] and mask [batch, time]
   * @param text [batch, textSize], where the attention is guided
   * @returns pooled [batch, outputSize] and attention weights [batch, time], owned by the caller
   */
  forward(
    sequence: SequenceBatch,
    text: tf.Tensor2D | undefined,
    options: ForwardOptions = {},
  ): AttentionPoolingOutput {
    return tf.tidy(() => {
      const values = this.dropout.forward(this.lstm.forward(sequence), options);
      return this.pooling.forward({ values, mask: sequence.mask }, text);
    });
  }
}
