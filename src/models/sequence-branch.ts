import * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { InitialValues } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import type { SequenceBatch, SequenceRows } from "../core/sequence-batch.ts";
import { Dropout, type DropoutConfig } from "../layers/dropout.ts";
import { BidirectionalLstm, type BidirectionalLstmConfig, type PeepholeLstm } from "../layers/peephole-lstm.ts";
import { AttentionPooling, type AttentionPoolingOutput } from "../layers/pooling/attention-pooling.ts";
import { weightedSum } from "../ops/weighted-sum.ts";

/** How a long sequence is taken apart. */
export interface PieceOptions {
  /** Rows of a piece. */
  readonly pieceRows: number;
  /** Stops between two pieces. */
  readonly signal?: AbortSignal | undefined;
}

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

  /**
   * Like forward for one sequence in prediction, piece by piece, so that memory grows with its rows by `units` values per row
   * alone: first backwards, whose states are kept, then forwards, and the softmax and the weighted sum as they go.
   *
   * @param sequence at least one row
   * @param text [1, textSize], where the attention is guided
   * @param signal stops between two pieces
   * @returns pooled [1, outputSize] and attention weights [1, rows], owned by the caller
   */
  async forwardInPieces(
    sequence: SequenceRows,
    text: tf.Tensor2D | undefined,
    { pieceRows, signal }: PieceOptions,
  ): Promise<AttentionPoolingOutput> {
    const begins = Array.from({ length: Math.ceil(sequence.rows / pieceRows) }, (_, index) => index * pieceRows);
    const { forwards, backwards } = this.lstm;
    const scores = new Float32Array(sequence.rows);
    const sum = new Float64Array(this.outputSize);
    let [highest, total] = [Number.NEGATIVE_INFINITY, 0];
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
        const backward = ofBackwards[index] as tf.Tensor3D;
        const [values, own] = this.#scoredRows(step(forwards, begin), backward, text);
        try {
          const ownScores = (await own.data()) as Float32Array;
          scores.set(ownScores, begin);
          const next = ownScores.reduce((most, score) => Math.max(most, score), highest);
          const shrink = Math.exp(highest - next);
          const weights = Float32Array.from(ownScores, (score) => Math.exp(score - next));
          const part = await valuesOf(() => weightedSum(values, tf.tensor2d(weights, [1, weights.length])));
          for (let unit = 0; unit < sum.length; unit++) {
            sum[unit] = (sum[unit] as number) * shrink + (part[unit] as number);
          }
          total = total * shrink + weights.reduce((all, weight) => all + weight, 0);
          highest = next;
        } finally {
          tf.dispose([values, own]);
        }
      }
      const weights = scores.map((score) => Math.exp(score - highest) / total);
      const pooled = Float32Array.from(sum, (value) => value / total);
      return tf.tidy(() => ({
        pooled: tf.tensor2d(pooled, [1, pooled.length]),
        weights: tf.tensor2d(weights, [1, weights.length]),
      }));
    } finally {
      tf.dispose([state, ofBackwards.filter(({ isDisposed }) => !isDisposed)]);
    }
  }

  /** Both directions of a piece side by side, after dropout, and the attention's scores of its rows; frees the directions. */
  #scoredRows(forward: tf.Tensor3D, backward: tf.Tensor3D, text: tf.Tensor2D | undefined): [tf.Tensor3D, tf.Tensor2D] {
    try {
      return tf.tidy((): [tf.Tensor3D, tf.Tensor2D] => {
        const joined = this.dropout.forward(tf.concat([forward, backward], 2));
        const mask = tf.ones([1, joined.shape[1]]) as tf.Tensor2D;
        return [joined, this.pooling.scores({ values: joined, mask }, text)];
      });
    } finally {
      tf.dispose([forward, backward]);
    }
  }
}

/** Rows from `begin` on: [1, at most pieceRows, size], owned by the caller. */
function pieceOf({ rows, size, data }: SequenceRows, begin: number, pieceRows: number): tf.Tensor3D {
  const end = Math.min(rows, begin + pieceRows);
  return tf.tensor3d(data.slice(begin * size, end * size), [1, end - begin, size]);
}

/** The values of a tensor that nobody else needs. */
async function valuesOf(compute: () => tf.Tensor): Promise<ArrayLike<number>> {
  const tensor = tf.tidy(compute);
  try {
    return await tensor.data();
  } finally {
    tensor.dispose();
  }
}

/** Lets whatever else waits have its turn: a request, an interruption. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
