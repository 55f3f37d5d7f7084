import * as tf from "@tensorflow/tfjs-core";
import { constant, type InitialValues, xavierUniform } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import { expectSequence, type SequenceBatch } from "../core/sequence-batch.ts";
import { dense } from "../ops/dense.ts";
import {
  peepholeLstm,
  peepholeLstmStates,
  type RecurrentDirection,
  type RecurrentStates,
} from "../ops/peephole-lstm.ts";
import { peepholeLstmPiece, type RecurrentState } from "../ops/peephole-lstm-piece.ts";
import { Linear } from "./linear.ts";

export interface PeepholeLstmConfig {
  /** Width of a row of the input. */
  readonly inputSize: number;
  /** Width of the hidden state. */
  readonly units: number;
  /** Whether the input's projection has a bias beside the gates' own. Default false. */
  readonly inputBias?: boolean;
  /** From each sequence's last row to its first. Default false. */
  readonly reverse?: boolean;
}

/**
 * Long short-term memory with peephole connections in one direction. The formula stands at `peepholeLstm` in ops;
 * its x_g, x_i, x_f, x_o are `x * input.kernel + input.bias + bias`.
 *
 * Source: Paddle's fc and dynamic_lstm with use_peepholes.
 */
export class PeepholeLstm extends Module {
  readonly config: PeepholeLstmConfig;
  /** inputSize -> 4 * units, in the blocks candidate, input, forget, output */
  readonly input: Linear;
  /** [units, 4 * units] */
  readonly recurrentKernel: tf.Variable<tf.Rank.R2>;
  /** [4 * units] */
  readonly bias: tf.Variable<tf.Rank.R1>;
  /** `[3 * units]`: from the cell to the input, forget and output gate */
  readonly peephole: tf.Variable<tf.Rank.R1>;

  constructor(config: PeepholeLstmConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("PeepholeLstm", config, {
      needed: { inputSize: "size", units: "size" },
      optional: { inputBias: "flag", reverse: "flag" },
    });
    const { inputSize, units, inputBias = false } = config;
    this.input = new Linear({ inputSize, outputSize: 4 * units, bias: inputBias }, random);
    this.recurrentKernel = xavierUniform(units, 4 * units, random);
    this.bias = constant(4 * units, 0);
    this.peephole = constant(3 * units, 0);
  }

  /**
   * @param sequence values [batch, time, inputSize] and mask [batch, time]
   * @returns hidden states [batch, time, units], zero at the padding, owned by the caller
   * @throws ShapeError when the sequence does not fit the config
   */
  forward(sequence: SequenceBatch): tf.Tensor3D {
    return tf.tidy(() => peepholeLstm(this.#directions(sequence), sequence.mask));
  }

  /** Like forward, with the cell states too. */
  states(sequence: SequenceBatch): RecurrentStates {
    return tf.tidy(() => peepholeLstmStates(this.#directions(sequence), sequence.mask));
  }

  /** The state before a sequence's first row: zeros, owned by the caller. */
  initialState(): RecurrentState {
    const zeros = () => tf.zeros([1, this.config.units]) as tf.Tensor2D;
    return tf.tidy(() => ({ hidden: zeros(), cell: zeros() }));
  }

  /**
   * Like forward for a piece of one sequence, in prediction alone: the state goes on from piece to piece, where `reverse` from
   * the last piece to the first.
   *
   * @param values [1, rows, inputSize]
   * @returns hidden states [1, rows, units] and the state at the piece's end, owned by the caller
   */
  piece(values: tf.Tensor3D, state: RecurrentState): { readonly hidden: tf.Tensor3D; readonly state: RecurrentState } {
    return tf.tidy(() => {
      const sequence = { values, mask: tf.ones([1, values.shape[1]]) as tf.Tensor2D };
      expectSequence("PeepholeLstm:", sequence, this.config.inputSize);
      return peepholeLstmPiece(recurrentDirection(this, sequence), state);
    });
  }

  #directions(sequence: SequenceBatch): RecurrentDirection[] {
    expectSequence("PeepholeLstm:", sequence, this.config.inputSize);
    return [recurrentDirection(this, sequence)];
  }
}

export interface BidirectionalLstmConfig {
  readonly inputSize: number;
  /** Width of the hidden state in each direction. */
  readonly units: number;
  /** Whether the projections have a bias of their own. Default: neither has. */
  readonly inputBias?: { readonly forward: boolean; readonly backward: boolean };
}

/** Two peephole LSTMs, one in each direction; both advance in one step of the same recurrence. */
export class BidirectionalLstm extends Module {
  readonly config: BidirectionalLstmConfig;
  readonly forwards: PeepholeLstm;
  readonly backwards: PeepholeLstm;

  constructor(config: BidirectionalLstmConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("BidirectionalLstm", config, {
      needed: { inputSize: "size", units: "size" },
      optional: { inputBias: "object" },
    });
    const { inputSize, units, inputBias = { forward: false, backward: false } } = config;
    this.forwards = new PeepholeLstm({ inputSize, units, inputBias: inputBias.forward }, random);
    this.backwards = new PeepholeLstm({ inputSize, units, inputBias: inputBias.backward, reverse: true }, random);
  }

  /** Width of the result: both directions side by side. */
  get outputSize(): number {
    return 2 * this.config.units;
  }

  /**
   * @param sequence values [batch, time, inputSize] and mask [batch, time]
   * @returns hidden states [batch, time, 2 * units], forwards then backwards, zero at the padding, owned by the caller
   * @throws ShapeError when the sequence does not fit the config
   */
  forward(sequence: SequenceBatch): tf.Tensor3D {
    return tf.tidy(() => peepholeLstm(this.#directions(sequence), sequence.mask));
  }

  /** Like forward, with the cell states too. */
  states(sequence: SequenceBatch): RecurrentStates {
    return tf.tidy(() => peepholeLstmStates(this.#directions(sequence), sequence.mask));
  }

  #directions(sequence: SequenceBatch): RecurrentDirection[] {
    expectSequence("BidirectionalLstm:", sequence, this.config.inputSize);
    return [this.forwards, this.backwards].map((lstm) => recurrentDirection(lstm, sequence));
  }
}

function recurrentDirection(lstm: PeepholeLstm, { values, mask }: SequenceBatch): RecurrentDirection {
  const { input, recurrentKernel, bias, peephole, config } = lstm;
  const biases = (input.bias === undefined ? bias : tf.add(input.bias, bias)) as tf.Tensor1D;
  const projected = dense(values, input.kernel, biases, { mask }) as tf.Tensor3D;
  return { projected, recurrentKernel, peephole, reverse: config.reverse ?? false };
}
