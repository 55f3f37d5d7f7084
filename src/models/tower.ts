import * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { nextTurn } from "../core/next-turn.ts";
import { expectOptions } from "../core/options.ts";
import type { SequenceBatch, SequenceRows } from "../core/sequence-batch.ts";
import type { Place } from "../formats/fields.ts";
import { readPart } from "../formats/part.ts";
import { Dropout, type DropoutConfig } from "../layers/dropout.ts";
import { Embedding } from "../layers/embedding.ts";
import { BidirectionalLstm, type PeepholeLstm } from "../layers/peephole-lstm.ts";
import { AttentionPooling } from "../layers/pooling/attention-pooling.ts";
import { POOLINGS } from "../layers/pooling/poolings.ts";
import type { PooledSequence, TemporalPooling } from "../layers/pooling/temporal-pooling.ts";
import { weightedSum } from "../ops/weighted-sum.ts";
import { withoutGradient } from "../ops/without-gradient.ts";
import { ErnieEncoder, type TokenBatch } from "./ernie-encoder.ts";
import { inputSizeOf, type ModalityConfig, type Poolings } from "./tagger-config.ts";

export interface TowerConfig extends Pick<ModalityConfig, "input" | "recurrence" | "pooling"> {
  /** Width of the vector that guides the pooling. Default: none does. */
  readonly guideSize?: number | undefined;
  readonly dropout: DropoutConfig;
}

/** How a long sequence is taken apart. */
export interface PieceOptions {
  /** Rows of a piece. */
  readonly pieceRows: number;
  /** Stops between two pieces. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One modality to one vector:
 *
 *     rows -> recurrence -> dropout -> pooling                where it has a recurrence
 *     rows -> pooling -> dropout                              where it has none
 *
 * The rows are features, or the vectors of a text's tokens: of a table that is trained, or what an encoder makes of them.
 */
export class Tower extends Module {
  readonly config: TowerConfig;
  readonly encoder: ErnieEncoder | undefined;
  readonly embedding: Embedding | undefined;
  readonly recurrence: BidirectionalLstm | undefined;
  readonly pooling: TemporalPooling;
  readonly dropout: Dropout;

  /** @param poolings the kinds that its pooling may have */
  constructor(config: TowerConfig, random: InitialValues, poolings: Poolings = POOLINGS) {
    super();
    this.config = config;
    expectOptions("Tower", config, {
      needed: { input: "object", pooling: "object", dropout: "object" },
      optional: { recurrence: "object", guideSize: "size" },
    });
    const { input, recurrence, pooling, guideSize } = config;
    this.encoder = "encoder" in input ? new ErnieEncoder(input.encoder, random) : undefined;
    if ("encoder" in input && input.training !== "fine-tuned") this.encoder?.freeze();
    this.embedding = "tokens" in input ? embeddingOf(input.tokens, random) : undefined;
    const inputSize = inputSizeOf(config);
    this.recurrence = recurrence && new BidirectionalLstm({ inputSize, ...recurrence }, random);
    const kind = poolings[pooling.kind];
    if (kind === undefined) throw new TypeError(`Tower: there is no pooling of the kind ${pooling.kind}.`);
    const { kind: _, ...options } = pooling;
    const sizes = { inputSize: this.recurrence?.outputSize ?? inputSize, guideSize };
    this.pooling = kind.create(readPart(kind.fields, options, POOLING_PLACE), sizes, random);
    this.dropout = new Dropout(config.dropout);
  }

  /** Width of the result. */
  get outputSize(): number {
    return this.pooling.outputSize;
  }

  /**
   * The vectors of a text's tokens. Unless an encoder is fine-tuned, no gradient flows back through it.
   *
   * @returns [batch, time, inputSize], owned by the caller
   * @throws TypeError when the tower is none of a text
   */
  encode(tokens: TokenBatch, options: ForwardOptions = {}): tf.Tensor3D {
    const { encoder, embedding } = this;
    const { input } = this.config;
    if (embedding !== undefined) return embedding.forward(tokens.tokenIds) as tf.Tensor3D;
    if (encoder === undefined || !("encoder" in input)) throw new TypeError("Tower: features have no tokens.");
    if (input.training === "fine-tuned") return encoder.forward(tokens, options);
    return withoutGradient(() => encoder.forward(tokens, input.training === "frozen" ? {} : options));
  }

  /**
   * @param rows values [batch, time, inputSize] and mask [batch, time]: features, or what `encode` made of a text; or a
   *   text's token ids
   * @param guide [batch, guideSize], where the pooling is guided
   * @returns pooled [batch, outputSize], and where the pooling weighs rows weights [batch, time], owned by the caller
   */
  forward(rows: SequenceBatch | TokenBatch, guide?: tf.Tensor2D, options: ForwardOptions = {}): PooledSequence {
    return tf.tidy(() => {
      const sequence = "tokenIds" in rows ? { values: this.encode(rows, options), mask: rows.mask } : rows;
      if (this.recurrence !== undefined) {
        const values = this.dropout.forward(this.recurrence.forward(sequence), options);
        return this.pooling.forward({ values, mask: sequence.mask }, guide, options);
      }
      const { pooled, weights } = this.pooling.forward(sequence, guide, options);
      return { pooled: this.dropout.forward(pooled, options), ...(weights && { weights }) };
    });
  }

  /**
   * Like forward for one sequence of features in prediction, piece by piece. Where attention pools, memory grows with its
   * rows by `units` values per row alone: first backwards, whose states are kept, then forwards, and the softmax and the
   * weighted sum as they go. Other poolings see all rows at once, after the recurrence.
   *
   * @param sequence at least one row
   * @param guide [1, guideSize], where the pooling is guided
   * @returns pooled [1, outputSize], and where the pooling weighs rows weights [1, rows], owned by the caller
   */
  async forwardInPieces(
    sequence: SequenceRows,
    guide: tf.Tensor2D | undefined,
    options: PieceOptions,
  ): Promise<PooledSequence> {
    const { pooling, recurrence } = this;
    const ofAttention =
      pooling instanceof AttentionPooling ? new AttentionInPieces(pooling, guide, sequence.rows) : undefined;
    const kept: tf.Tensor3D[] = [];
    try {
      for await (const values of this.#pieces(sequence, options)) {
        if (ofAttention === undefined) kept.push(values);
        else {
          try {
            await ofAttention.add(values);
          } finally {
            values.dispose();
          }
        }
      }
      const pooled = ofAttention?.result() ?? poolTogether(pooling, kept, guide);
      return recurrence === undefined ? this.#dropped(pooled) : pooled;
    } finally {
      tf.dispose(kept);
    }
  }

  /** The rows as the pooling sees them, [1, at most pieceRows, size] each, owned by the caller. */
  async *#pieces(sequence: SequenceRows, { pieceRows, signal }: PieceOptions): AsyncGenerator<tf.Tensor3D> {
    const begins = Array.from({ length: Math.ceil(sequence.rows / pieceRows) }, (_, index) => index * pieceRows);
    if (this.recurrence === undefined) {
      for (const begin of begins) {
        signal?.throwIfAborted();
        yield pieceOf(sequence, begin, pieceRows);
        await nextTurn();
      }
      return;
    }
    const { forwards, backwards } = this.recurrence;
    const ofBackwards: tf.Tensor3D[] = [];
    let state = backwards.initialState();
    const step = (lstm: PeepholeLstm, begin: number): tf.Tensor3D => {
      const values = pieceOf(sequence, begin, pieceRows);
      try {
        const next = lstm.piece(values, state);
        tf.dispose(state);
        state = next.state;
        return next.hidden;
      } finally {
        values.dispose();
      }
    };
    try {
      for (const begin of begins.toReversed()) {
        signal?.throwIfAborted();
        ofBackwards.unshift(step(backwards, begin));
        await nextTurn();
      }
      tf.dispose(state);
      state = forwards.initialState();
      for (const [index, begin] of begins.entries()) {
        signal?.throwIfAborted();
        yield this.#joined(step(forwards, begin), ofBackwards[index] as tf.Tensor3D);
      }
    } finally {
      tf.dispose([state, ofBackwards.filter(({ isDisposed }) => !isDisposed)]);
    }
  }

  /** The same after dropout; frees what it was given. */
  #dropped(pooled: PooledSequence): PooledSequence {
    try {
      return tf.tidy(() => ({
        pooled: tf.clone(this.dropout.forward(pooled.pooled)),
        ...(pooled.weights && { weights: tf.clone(pooled.weights) }),
      }));
    } finally {
      tf.dispose(pooled);
    }
  }

  /** Both directions of a piece side by side, after dropout; frees the directions. */
  #joined(forward: tf.Tensor3D, backward: tf.Tensor3D): tf.Tensor3D {
    try {
      return tf.tidy(() => this.dropout.forward(tf.concat([forward, backward], 2)));
    } finally {
      tf.dispose([forward, backward]);
    }
  }
}

const POOLING_PLACE: Place = {
  path: "pooling",
  complain: (path, problem) => new TypeError(`Tower: ${path}: ${problem}`),
};

/** The softmax and the weighted sum of an attention, of pieces one after another. */
class AttentionInPieces {
  readonly #pooling: AttentionPooling;
  readonly #guide: tf.Tensor2D | undefined;
  readonly #scores: Float32Array;
  readonly #sum: Float64Array;
  #rows = 0;
  #highest: number = Number.NEGATIVE_INFINITY;
  #total = 0;

  constructor(pooling: AttentionPooling, guide: tf.Tensor2D | undefined, rows: number) {
    this.#pooling = pooling;
    this.#guide = guide;
    this.#scores = new Float32Array(rows);
    this.#sum = new Float64Array(pooling.outputSize);
  }

  /** @param values [1, rows, inputSize]; they remain the caller's */
  async add(values: tf.Tensor3D): Promise<void> {
    const scores = await valuesOf(() => {
      const mask = tf.ones([1, values.shape[1]]) as tf.Tensor2D;
      return this.#pooling.scores({ values, mask }, this.#guide);
    });
    this.#scores.set(scores, this.#rows);
    this.#rows += scores.length;
    const highest = scores.reduce((most, score) => Math.max(most, score), this.#highest);
    const shrink = Math.exp(this.#highest - highest);
    const weights = Float32Array.from(scores, (score) => Math.exp(score - highest));
    const sums = await valuesOf(() => weightedSum(values, tf.tensor2d(weights, [1, weights.length])));
    for (let unit = 0; unit < this.#sum.length; unit++) {
      this.#sum[unit] = (this.#sum[unit] as number) * shrink + (sums[unit] as number);
    }
    this.#total = this.#total * shrink + weights.reduce((all, weight) => all + weight, 0);
    this.#highest = highest;
  }

  result(): PooledSequence {
    const sums = Float32Array.from(this.#sum, (value) => value / this.#total);
    const weights = this.#scores.map((score) => Math.exp(score - this.#highest) / this.#total);
    return tf.tidy(() => ({
      pooled: tf.tensor2d(sums, [1, sums.length]),
      weights: tf.tensor2d(weights, [1, weights.length]),
    }));
  }
}

function poolTogether(
  pooling: TemporalPooling,
  pieces: readonly tf.Tensor3D[],
  guide: tf.Tensor2D | undefined,
): PooledSequence {
  return tf.tidy(() => {
    const values = tf.concat([...pieces], 1);
    return pooling.forward({ values, mask: tf.ones([1, values.shape[1]]) }, guide);
  });
}

function embeddingOf(
  {
    vocabularySize,
    size,
    initializerRange = 0.02,
  }: { vocabularySize: number; size: number; initializerRange?: number },
  random: InitialValues,
): Embedding {
  return new Embedding({ rows: vocabularySize, size, initializerRange }, random);
}

/** Rows from `begin` on: [1, at most pieceRows, size], owned by the caller. */
function pieceOf({ rows, size, data }: SequenceRows, begin: number, pieceRows: number): tf.Tensor3D {
  const end = Math.min(rows, begin + pieceRows);
  return tf.tensor3d(data.slice(begin * size, end * size), [1, end - begin, size]);
}

/** The values of a tensor that nobody else needs. */
async function valuesOf(compute: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(compute);
  try {
    return (await tensor.data()) as Float32Array;
  } finally {
    tensor.dispose();
  }
}
