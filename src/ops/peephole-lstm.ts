import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { type PeepholeLstmAttributes, peepholeLstmGradientKernel } from "./peephole-lstm-gradient.ts";
import { columns, inTime, peepholeRows, timeStep, toSteps } from "./time-steps.ts";

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
  readonly hidden: tf.Tensor[];
  readonly cell: tf.Tensor;
  readonly candidate: tf.Tensor;
  /** Twice as wide: both gates side by side. */
  readonly inputAndForget: tf.Tensor;
  readonly output: tf.Tensor;
};

/**
 * What the gates see at padding. It shuts them (sigmoid(-80) is 2e-35), so that a reversed direction reaches the end
 * of its sequence with the zero state; a much lower value would overflow exp on some backends.
 */
const SHUT = -80;

export const peepholeLstmKernel: ComposedKernel<PeepholeLstmAttributes> = {
  name: "MultimodalVideoTagPeepholeLstm",

  /** Outputs: hidden [batch, time, directions * units], then the steps of everything in StepState. */
  forward: (inputs, { reverse }) => {
    const { mask, directions } = unpackPeepholeLstm(inputs);
    const [batch, time] = mask.shape as [number, number];
    const units = directions[0]?.recurrentKernel.shape[0] as number;
    const inside = tf.expandDims(mask, 2);
    const shut = tf.mul(tf.sub(1, inside), SHUT);
    const projected = tf.concat(
      directions.map(({ projected }, index) => toSteps(tf.add(tf.mul(projected, inside), shut), reverse[index])),
      1,
    );
    const peepholes = directions.map(({ peephole }) => peephole as tf.Tensor1D);
    const inputAndForgetPeephole = peepholeRows(peepholes, batch, [0, 2 * units]);
    const outputPeephole = peepholeRows(peepholes, batch, [2 * units, units]);

    let cell: tf.Tensor = tf.zeros([directions.length * batch, units]);
    let hidden = tf.split(cell, directions.length, 0);
    const history: StepState[] = [];
    for (let step = 0; step < time; step++) {
      const state: StepState = tf.tidy(() => {
        const recurrent = hidden.map((rows, index) =>
          tf.matMul(rows as tf.Tensor2D, directions[index]?.recurrentKernel as tf.Tensor2D),
        );
        const sums = tf.add(timeStep(projected, step), tf.concat(recurrent, 0));
        const candidate = tf.tanh(columns(sums, 0, units));
        const seen = tf.mul(tf.concat([cell, cell], 1), inputAndForgetPeephole);
        const inputAndForget = tf.sigmoid(tf.add(columns(sums, units, 2 * units), seen));
        const remembered = tf.mul(columns(inputAndForget, units, units), cell);
        const next = tf.add(remembered, tf.mul(columns(inputAndForget, 0, units), candidate));
        const output = tf.sigmoid(tf.add(columns(sums, 3 * units, units), tf.mul(outputPeephole, next)));
        const shown = tf.split(tf.mul(output, tf.tanh(next)), directions.length, 0);
        return { hidden: shown, cell: next, candidate, inputAndForget, output };
      });
      ({ hidden, cell } = state);
      history.push(state);
    }

    const ofDirections = directions.map((_, index) =>
      inTime(
        history.map((state) => state.hidden[index] as tf.Tensor),
        reverse[index],
      ),
    );
    return [
      tf.mul(tf.concat(ofDirections, 2), inside),
      tf.stack(history.map((state) => tf.concat(state.hidden, 0))),
      tf.stack(history.map((state) => state.cell)),
      tf.stack(history.map((state) => state.candidate)),
      tf.stack(history.map((state) => state.inputAndForget)),
      tf.stack(history.map((state) => state.output)),
    ];
  },

  savedOutputs: [false, true, true, true, true, true],

  gradient: ([dHidden, , dCellSteps], saved, attributes) =>
    stateGradients(dHidden as tf.Tensor, dCellSteps as tf.Tensor, saved, attributes).map((gradient) => () => gradient),
};

/** @param saved the inputs, then the steps of everything in StepState */
function stateGradients(
  dHidden: tf.Tensor,
  dCellSteps: tf.Tensor,
  saved: tf.Tensor[],
  attributes: PeepholeLstmAttributes,
): tf.Tensor[] {
  const [mask, ...others] = saved.slice(0, -5) as [tf.Tensor, ...tf.Tensor[]];
  const weights = others.filter((_, index) => index % 3 !== 0);
  const inputs = [mask, ...weights, ...saved.slice(-5), dHidden, dCellSteps];
  return [tf.zerosLike(mask), ...runComposedKernel(peepholeLstmGradientKernel, inputs, attributes)];
}

/** The inputs in order: mask, then for each direction projected, recurrentKernel, peephole. */
export function unpackPeepholeLstm<T>(inputs: readonly T[]): {
  readonly mask: T;
  readonly directions: readonly { readonly projected: T; readonly recurrentKernel: T; readonly peephole: T }[];
} {
  const [mask, ...others] = inputs as [T, ...T[]];
  const directions = [];
  for (let index = 0; index < others.length; index += 3) {
    const [projected, recurrentKernel, peephole] = others.slice(index) as [T, T, T];
    directions.push({ projected, recurrentKernel, peephole });
  }
  return { mask, directions };
}

function inputsOf(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): tf.Tensor[] {
  const ofDirections = directions.map(({ projected, recurrentKernel, peephole }) => [
    projected,
    recurrentKernel,
    peephole,
  ]);
  return [mask, ...ofDirections.flat()];
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
  const attributes = attributesOf(directions);
  // On the tape as one output: of others that nobody uses, the tape would make gradients of zeros outside the backend.
  const hidden = tf.customGrad((...given) => {
    const save = given.pop() as tf.GradSaveFunc;
    const inputs = given as tf.Tensor[];
    const [value, ...steps] = runComposedKernel(peepholeLstmKernel, inputs, attributes);
    save([...inputs, ...steps]);
    return {
      value: value as tf.Tensor3D,
      gradFunc: (dHidden, saved) => stateGradients(dHidden, tf.zerosLike(saved.at(-4) as tf.Tensor), saved, attributes),
    };
  });
  return hidden(...inputsOf(directions, mask)) as tf.Tensor3D;
}

/** Like peepholeLstm, with the cell states too. */
export function peepholeLstmStates(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): RecurrentStates {
  return tf.tidy(() => {
    const outputs = runComposedKernel(peepholeLstmKernel, inputsOf(directions, mask), attributesOf(directions));
    const [hidden, , cellSteps] = outputs as [tf.Tensor3D, tf.Tensor, tf.Tensor];
    const parts = tf.split(cellSteps, directions.length, 1).map((steps, index) => {
      const inOrder = directions[index]?.reverse ? tf.reverse(steps as tf.Tensor3D, 0) : (steps as tf.Tensor3D);
      return tf.transpose(inOrder, [1, 0, 2]);
    });
    return { hidden, cell: tf.mul(tf.concat(parts, 2), tf.expandDims(mask, 2)) as tf.Tensor3D };
  });
}
