import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel, runForFirstOutput } from "../core/composed-kernel.ts";
import {
  type PeepholeLstmAttributes,
  type PeepholeLstmWeights,
  peepholeLstmGradientKernel,
} from "./peephole-lstm-gradient.ts";
import { columns, inTime, peepholeRows, stack, timeStep, toSteps } from "./time-steps.ts";

/** What one direction of a recurrence needs. */
export interface RecurrentDirection {
  /** `[batch, time, 4 * units]`: x W + b in the blocks candidate, input, forget, output */
  readonly projected: tf.Tensor3D;
  /** [units, 4 * units], the same blocks */
  readonly recurrentKernel: tf.Tensor2D;
  /** `[3 * units]`: w_ic, w_fc, w_oc */
  readonly peephole: tf.Tensor1D;
  /** From the last row of each sequence to its first. */
  readonly reverse: boolean;
}

/** Hidden and cell states, [batch, time, directions * units] each, zero at the padding. */
export type RecurrentStates = {
  readonly hidden: tf.Tensor3D;
  readonly cell: tf.Tensor3D;
};

// How the work is laid out: directions are stacked as rows, so that one operation advances them all, and "steps" are
// in the order of work: [time, directions * batch, size] with time reversed where the direction is. Each operation
// costs some 10 microseconds whatever its size, so what need not wait for the step before is done for all at once.

/** What one step computes: [directions * batch, units] each, but hidden is one tensor a direction. */
type StepState = {
  readonly hidden: tf.Tensor2D[];
  readonly cell: tf.Tensor2D;
  readonly candidate: tf.Tensor2D;
  /** Twice as wide: both gates side by side. */
  readonly inputAndForget: tf.Tensor2D;
  readonly output: tf.Tensor2D;
};

/**
 * What the gates see at padding. It shuts them (sigmoid(-80) is 2e-35), so that a reversed direction reaches the end
 * of its sequence with the zero state; a much lower value would overflow exp on some backends.
 */
const SHUT = -80;

export type PeepholeLstmInputs = PeepholeLstmWeights & {
  /** [batch, time] */
  readonly mask: tf.Tensor2D;
  /** [batch, time, 4 * units] for each direction */
  readonly projected: readonly tf.Tensor3D[];
};

/** The steps of everything in StepState, in its order. */
type StateSteps = [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];

export const peepholeLstmKernel: ComposedKernel<
  PeepholeLstmInputs,
  [tf.Tensor3D, ...StateSteps],
  PeepholeLstmAttributes,
  StateSteps
> = {
  name: "MultimodalVideoTagPeepholeLstm",

  /** Outputs: hidden [batch, time, directions * units], then the steps of everything in StepState. */
  forward: ({ mask, projected, recurrentKernels, peepholes }, { reverse }) => {
    const directions = recurrentKernels.length;
    const [batch, time] = mask.shape;
    const units = (recurrentKernels[0] as tf.Tensor2D).shape[0];
    const inside = tf.expandDims(mask, 2);
    const shut = tf.mul(tf.sub(1, inside), SHUT);
    const sumsBefore = tf.concat(
      projected.map((sums, index) => toSteps(tf.add(tf.mul(sums, inside), shut), reverse[index])),
      1,
    );
    const inputAndForgetPeephole = peepholeRows(peepholes, batch, [0, 2 * units]);
    const outputPeephole = peepholeRows(peepholes, batch, [2 * units, units]);

    let cell: tf.Tensor2D = tf.zeros([directions * batch, units]);
    let hidden = tf.split<tf.Tensor2D>(cell, directions, 0);
    const history: StepState[] = [];
    for (let step = 0; step < time; step++) {
      const state: StepState = tf.tidy(() => {
        const recurrent = recurrentKernels.map((kernel, index) => tf.matMul(hidden[index] as tf.Tensor2D, kernel));
        const sums: tf.Tensor2D = tf.add(timeStep(sumsBefore, step), tf.concat(recurrent, 0));
        const candidate = tf.tanh(columns(sums, 0, units));
        const seen = tf.mul(tf.concat([cell, cell], 1), inputAndForgetPeephole);
        const inputAndForget: tf.Tensor2D = tf.sigmoid(tf.add(columns(sums, units, 2 * units), seen));
        const remembered = tf.mul(columns(inputAndForget, units, units), cell);
        const next: tf.Tensor2D = tf.add(remembered, tf.mul(columns(inputAndForget, 0, units), candidate));
        const output: tf.Tensor2D = tf.sigmoid(tf.add(columns(sums, 3 * units, units), tf.mul(outputPeephole, next)));
        const shown = tf.split<tf.Tensor2D>(tf.mul(output, tf.tanh(next)), directions, 0);
        return { hidden: shown, cell: next, candidate, inputAndForget, output };
      });
      ({ hidden, cell } = state);
      history.push(state);
    }

    const ofDirections = reverse.map((reversed, index) =>
      inTime(
        history.map((state) => state.hidden[index] as tf.Tensor2D),
        reversed,
      ),
    );
    return [
      tf.mul(tf.concat(ofDirections, 2), inside),
      stack(history.map((state) => tf.concat(state.hidden, 0))),
      stack(history.map((state) => state.cell)),
      stack(history.map((state) => state.candidate)),
      stack(history.map((state) => state.inputAndForget)),
      stack(history.map((state) => state.output)),
    ];
  },

  savedOutputs: [false, true, true, true, true, true],

  gradient: ([dHidden, , dCell], { mask, recurrentKernels, peepholes }, saved, attributes) => {
    const [hidden, cell, candidate, inputAndForget, output] = saved;
    const states = { hidden, cell, candidate, inputAndForget, output };
    const dStates = { dHidden, dCell: dCell ?? tf.zerosLike(cell) };
    const inputs = { mask, recurrentKernels, peepholes, ...states, ...dStates };
    const gradients = runComposedKernel(peepholeLstmGradientKernel, inputs, attributes).map(
      (gradient) => () => gradient,
    );
    const ofDirections = (first: number) => gradients.filter((_, index) => index % 3 === first);
    return {
      mask: () => tf.zerosLike(mask),
      projected: ofDirections(0),
      recurrentKernels: ofDirections(1),
      peepholes: ofDirections(2),
    };
  },
};

function inputsOf(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): PeepholeLstmInputs {
  return {
    mask,
    projected: directions.map(({ projected }) => projected),
    recurrentKernels: directions.map(({ recurrentKernel }) => recurrentKernel),
    peepholes: directions.map(({ peephole }) => peephole),
  };
}

function attributesOf(directions: readonly RecurrentDirection[]): PeepholeLstmAttributes {
  return { reverse: directions.map(({ reverse }) => reverse) };
}

/**
 * Long short-term memory with peephole connections, over whole sequences, several directions at once.
 *
 *     g = tanh(x_g + h W_g)                 candidate
 *     i = sigmoid(x_i + h W_i + w_ic * c)   c is the cell state of the step before
 *     f = sigmoid(x_f + h W_f + w_fc * c)
 *     c' = f * c + i * g
 *     o = sigmoid(x_o + h W_o + w_oc * c')
 *     h' = o * tanh(c')
 *
 * The state before the first row is zero. A reversed direction begins at each sequence's own last row. The gradient
 * is back-propagation through time in one piece.
 *
 * Source: Paddle's dynamic_lstm with use_peepholes; Gers and Schmidhuber 2000.
 *
 * @param mask [batch, time] of ones, then zeros
 * @returns hidden states [batch, time, directions * units], zero at the padding, owned by the caller
 */
export function peepholeLstm(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): tf.Tensor3D {
  return runForFirstOutput(peepholeLstmKernel, inputsOf(directions, mask), attributesOf(directions));
}

/** Like peepholeLstm, with the cell states too. */
export function peepholeLstmStates(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): RecurrentStates {
  return tf.tidy(() => {
    const outputs = runComposedKernel(peepholeLstmKernel, inputsOf(directions, mask), attributesOf(directions));
    const [hidden, , cellSteps] = outputs;
    const parts = tf.split<tf.Tensor3D>(cellSteps, directions.length, 1).map((steps, index) => {
      const inOrder = directions[index]?.reverse ? tf.reverse(steps, 0) : steps;
      return tf.transpose(inOrder, [1, 0, 2]);
    });
    return { hidden, cell: tf.mul(tf.concat(parts, 2), tf.expandDims(mask, 2)) };
  });
}
