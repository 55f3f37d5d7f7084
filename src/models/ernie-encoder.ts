import * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import { dropoutRate, flag, numberIn, oneOf, wholeNumber, withDefault } from "../formats/fields.ts";
import type { FieldsOf } from "../formats/part.ts";
import { Dropout } from "../layers/dropout.ts";
import { Embedding } from "../layers/embedding.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { Linear } from "../layers/linear.ts";
import { TransformerBlock } from "../layers/transformer-block.ts";
import { passesOverPadding } from "../ops/attention.ts";

export interface ErnieConfig {
  /** Rows of the word embedding. */
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Tokens a text may have at most. */
  readonly maxPositions: number;
  /** Kinds of sentences: 2 for a pair of texts. */
  readonly sentenceTypes: number;
  /** Tasks with an embedding of their own; 0 for ERNIE 1.0, which has no task embedding. */
  readonly taskTypes: number;
  readonly activation: "relu" | "gelu";
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  /** Deviation of the truncated normal distribution that embeddings start from. */
  readonly initializerRange: number;
  /** Whether the encoder has the layer for the pooled output. Default false. */
  readonly pooler?: boolean;
}

/** What an encoder's configuration is made of. */
export function ernieFields(): FieldsOf<ErnieConfig> {
  return {
    vocabularySize: wholeNumber(1),
    hiddenSize: wholeNumber(1),
    layers: wholeNumber(0),
    heads: wholeNumber(1),
    maxPositions: wholeNumber(1),
    sentenceTypes: wholeNumber(1),
    taskTypes: wholeNumber(0),
    activation: oneOf("relu", "gelu"),
    hiddenDropout: dropoutRate(),
    attentionDropout: dropoutRate(),
    initializerRange: numberIn("a number of at least 0", (range) => range >= 0),
    pooler: withDefault(flag("true or false"), false),
  };
}

/** Texts as token ids. Every tensor is [batch, time]; all but the mask are int32. */
export type TokenBatch = {
  readonly tokenIds: tf.Tensor2D;
  /** 1 for a token, 0 for padding, float32 */
  readonly mask: tf.Tensor2D;
  /** Default 0 everywhere. */
  readonly sentenceIds?: tf.Tensor2D;
  /** Default 0, 1, 2, ... */
  readonly positionIds?: tf.Tensor2D;
  /** Default 0 everywhere. Used only where the encoder has a task embedding. */
  readonly taskIds?: tf.Tensor2D;
};

/**
 * ERNIE: word + position + sentence (+ task) embedding, layer norm, dropout, then transformer blocks.
 * Source: ERNIE 1.0, arXiv:1904.09223, as in MultimodalVideoTag.
 */
export class ErnieEncoder extends Module {
  readonly config: ErnieConfig;
  readonly wordEmbedding: Embedding;
  readonly positionEmbedding: Embedding;
  readonly sentenceEmbedding: Embedding;
  readonly taskEmbedding: Embedding | undefined;
  readonly embeddingNorm: LayerNorm;
  readonly blocks: readonly TransformerBlock[];
  /** hiddenSize -> hiddenSize, tanh */
  readonly pooler: Linear | undefined;
  readonly dropout: Dropout;

  constructor(config: ErnieConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("ErnieEncoder", config, {
      needed: {
        ...{ vocabularySize: "size", hiddenSize: "size", layers: "number", heads: "size", maxPositions: "size" },
        ...{ sentenceTypes: "size", taskTypes: "number", activation: ["relu", "gelu"], initializerRange: "number" },
        ...{ hiddenDropout: "rate", attentionDropout: "rate" },
      },
      optional: { pooler: "flag" },
    });
    const { hiddenSize: size, heads, activation, hiddenDropout, attentionDropout, initializerRange } = config;
    const embedding = (rows: number) => new Embedding({ rows, size, initializerRange }, random);
    this.wordEmbedding = embedding(config.vocabularySize);
    this.positionEmbedding = embedding(config.maxPositions);
    this.sentenceEmbedding = embedding(config.sentenceTypes);
    this.taskEmbedding = config.taskTypes > 0 ? embedding(config.taskTypes) : undefined;
    this.embeddingNorm = new LayerNorm({ size });
    const block = { size, heads, innerSize: 4 * size, activation, hiddenDropout, attentionDropout };
    this.blocks = Array.from({ length: config.layers }, () => new TransformerBlock(block, random));
    this.pooler = config.pooler
      ? new Linear({ inputSize: size, outputSize: size, activation: "tanh" }, random)
      : undefined;
    this.dropout = new Dropout({ rate: hiddenDropout });
  }

  /**
   * Whether, on the current backend, texts of different lengths may stand in one batch at no cost: padding is passed over,
   * and a text's vectors are the same to the last bit whichever others it stands with.
   */
  get passesOverPadding(): boolean {
    return passesOverPadding();
  }

  /**
   * @param tokens each [batch, time]
   * @returns a vector for each token, [batch, time, hiddenSize], owned by the caller; rows at the padding have no meaning
   * @throws ShapeError when the tensors differ in shape, RangeError when a text has more tokens than positions
   */
  forward(tokens: TokenBatch, options: ForwardOptions = {}): tf.Tensor3D {
    const { tokenIds, mask, sentenceIds, positionIds, taskIds } = tokens;
    const [batch, time] = tokenIds.shape;
    for (const [name, tensor] of Object.entries({ mask, sentenceIds, positionIds, taskIds })) {
      if (tensor !== undefined) expectShape(`ErnieEncoder: ${name}`, tensor, [batch, time]);
    }
    if (time > this.config.maxPositions) {
      throw new RangeError(`ErnieEncoder: a text may have ${this.config.maxPositions} tokens at most. Got ${time}.`);
    }
    return tf.tidy(() => {
      const zeros = () => tf.zeros([batch, time], "int32");
      const positions = () => tf.tile(tf.expandDims(tf.range(0, time, 1, "int32"), 0), [batch, 1]);
      let embedded = this.wordEmbedding.forward(tokenIds);
      embedded = tf.add(embedded, this.positionEmbedding.forward(positionIds ?? positions()));
      embedded = tf.add(embedded, this.sentenceEmbedding.forward(sentenceIds ?? zeros()));
      if (this.taskEmbedding) embedded = tf.add(embedded, this.taskEmbedding.forward(taskIds ?? zeros()));
      let values = this.dropout.forward(this.embeddingNorm.forward(embedded), options) as tf.Tensor3D;
      for (const block of this.blocks) values = block.forward({ values, mask }, options);
      return values;
    });
  }

  /**
   * One vector a text: the first token's, through the pooler.
   *
   * @param sequence [batch, time, hiddenSize], what forward returned
   * @returns [batch, hiddenSize], owned by the caller
   * @throws TypeError when the encoder was made without a pooler
   */
  pool(sequence: tf.Tensor3D): tf.Tensor2D {
    const { pooler, config } = this;
    if (pooler === undefined) throw new TypeError("ErnieEncoder: it was made without a pooler (config.pooler).");
    expectShape("ErnieEncoder: sequence", sequence, ["batch", "time", config.hiddenSize]);
    return tf.tidy(() => pooler.forward(tf.squeeze(tf.slice(sequence, [0, 0, 0], [-1, 1, -1]), [1])) as tf.Tensor2D);
  }
}
