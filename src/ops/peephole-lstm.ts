import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { reverseSteps, timeStep } from "./time-steps.ts";

/** What one direction of a recurrence needs. */
export interface RecurrentDirection {
  /** [batch, time, 4 * units]: x W + b in the blocks candidate, input, forget, output */
  readonly projected: tf.Tensor3D;
  /** [units, 4 * units], the same blocks */
  readonly recurrentKernel: tf.Tensor2D;
  /** [3 * units]: w_ic, w_fc, w_oc */
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

type PeepholeLstmAttributes = { readonly reverse: boolean[] };

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

const peepholeLstmKernel: ComposedKernel<PeepholeLstmAttributes> = {
  name: "MultimodalVideoTagPeepholeLstm",

  /** Outputs: hidden [batch, time, directions * units], then the steps of everything in StepState. */
  forward: (inputs, { reverse }) => {
    const { mask, directions, batch, time, units } = unpack(inputs);
    const inside = tf.expandDims(mask, 2);
    const shut = tf.mul(tf.sub(1, inside), SHUT);
    const projected = tf.concat(
      directions.map(({ projected }, index) => toSteps(tf.add(tf.mul(projected, inside), shut), reverse[index])),
      1,
    );
    const peepholes = directions.map(({ peephole }) => peephole);
    const inputAndForgetPeephole = peepholeRows(peepholes, batch, [0, 2 * units]);
    const outputPeephole = peepholeRows(peepholes, batch, [2 * units, units]);

    let cell: tf.Tensor = tf.zeros([directions.length * batch, units]);
    let hidden = tf.split(cell, directions.length, 0);
    const history: StepState[] = [];
    for (let step = 0; step < time; step++) {
      const state: StepState = tf.tidy(() => {
        const recurrent = hidden.map((rows, index) => matMul(rows, directions[index]?.recurrentKernel));
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
      joinSteps(history.map((state) => tf.concat(state.hidden, 0))),
      joinSteps(history.map((state) => state.cell)),
      joinSteps(history.map((state) => state.candidate)),
      joinSteps(history.map((state) => state.inputAndForget)),
      joinSteps(history.map((state) => state.output)),
    ];
  },

  savedOutputs: [false, true, true, true, true, true],

  gradient: ([dHidden, , dCell], saved, { reverse }) => {
    const { mask, directions, batch, time, units } = unpack(saved.slice(0, -5));
    const [hidden, cell, candidate, inputAndForget, output] = saved.slice(-5) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const hiddenBefore = previous(hidden);
    const cellBefore = previous(cell);

    const dSums: tf.Tensor[][] = tf.tidy(() => {
      const peepholes = directions.map(({ peephole }) => peephole);
      const inputPeephole = peepholeRows(peepholes, batch, [0, units]);
      const forgetPeephole = peepholeRows(peepholes, batch, [units, units]);
      const outputPeephole = peepholeRows(peepholes, batch, [2 * units, units]);
      const [input, forget] = tf.split(inputAndForget, 2, 2) as [tf.Tensor, tf.Tensor];
      const tanhCell = tf.tanh(cell);

      const toCandidate = tf.mul(input, derivativeOfTanh(candidate));
      const toInput = tf.mul(candidate, derivativeOfSigmoid(input));
      const toForget = tf.mul(cellBefore, derivativeOfSigmoid(forget));
      const toOutput = tf.mul(tanhCell, derivativeOfSigmoid(output));
      const toSums = tf.concat([toCandidate, toInput, toForget, toOutput], 2);
      const hiddenToCell = tf.add(tf.mul(output, derivativeOfTanh(tanhCell)), tf.mul(toOutput, outputPeephole));
      const cellToCellBefore = tf.add(forget, tf.add(tf.mul(toInput, inputPeephole), tf.mul(toForget, forgetPeephole)));

      const dHiddens = tf.split(tf.mul(dHidden as tf.Tensor, tf.expandDims(mask, 2)), directions.length, 2);
      const direct = tf.concat(
        dHiddens.map((part, index) => toSteps(part, reverse[index])),
        1,
      );
      const transposedKernels = directions.map(({ recurrentKernel }) => tf.transpose(recurrentKernel));

      const steps: tf.Tensor[][] = new Array(time);
      let dCellLater: tf.Tensor = tf.zeros([directions.length * batch, units]);
      for (let step = time - 1; step >= 0; step--) {
        const later = steps[step + 1];
        const state = tf.tidy(() => {
          const recurrent = later?.map((rows, index) => matMul(rows, transposedKernels[index]));
          const now = timeStep(direct, step);
          const dh = recurrent === undefined ? now : tf.add(now, tf.concat(recurrent, 0));
          const dc = tf.addN([
            timeStep(dCell as tf.Tensor, step),
            tf.mul(dh, timeStep(hiddenToCell, step)),
            dCellLater,
          ]);
          const sums = tf.mul(tf.concat([dc, dc, dc, dh], 1), timeStep(toSums, step));
          return {
            sums: tf.split(sums, directions.length, 0),
            dCellBefore: tf.mul(dc, timeStep(cellToCellBefore, step)),
          };
        });
        steps[step] = state.sums;
        dCellLater = state.dCellBefore;
      }
      return directions.map((_, index) => steps.map((parts) => parts[index] as tf.Tensor));
    });

    /** Steps of one direction as rows [time * batch, size]. */
    const rowsOf = (steps: tf.Tensor, index: number): tf.Tensor2D => {
      const part = tf.split(steps, directions.length, 1)[index] as tf.Tensor;
      return tf.reshape(part, [time * batch, -1]);
    };
    const ofDirection = (index: number): (() => tf.Tensor)[] => {
      const steps = dSums[index] as tf.Tensor[];
      return [
        () => inTime(steps, reverse[index]),
        () => tf.matMul(tf.transpose(rowsOf(hiddenBefore, index)), tf.concat(steps, 0) as tf.Tensor2D),
        () => {
          const before = rowsOf(cellBefore, index);
          const seen = tf.concat([before, before, rowsOf(cell, index)], 1);
          return tf.sum(tf.mul(seen, columns(tf.concat(steps, 0), units, 3 * units)), 0);
        },
      ];
    };
    return [() => tf.zerosLike(mask), ...directions.flatMap((_, index) => ofDirection(index))];
  },
};

/** The inputs in order: mask, then for each direction projected, recurrentKernel, peephole. */
function unpack(inputs: tf.Tensor[]): {
  readonly mask: tf.Tensor2D;
  readonly directions: readonly Omit<RecurrentDirection, "reverse">[];
  readonly batch: number;
  readonly time: number;
  readonly units: number;
} {
  const mask = inputs[0] as tf.Tensor2D;
  const directions: Omit<RecurrentDirection, "reverse">[] = [];
  for (let index = 1; index < inputs.length; index += 3) {
    const [projected, recurrentKernel, peephole] = inputs.slice(index) as [tf.Tensor3D, tf.Tensor2D, tf.Tensor1D];
    directions.push({ projected, recurrentKernel, peephole });
  }
  const [batch, time] = mask.shape;
  return { mask, directions, batch, time, units: directions[0]?.recurrentKernel.shape[0] as number };
}

/** [batch, time, size] -> [time, batch, size], the last row first where reversed. */
function toSteps(values: tf.Tensor, reverse: boolean | undefined): tf.Tensor3D {
  const steps = tf.transpose(values as tf.Tensor3D, [1, 0, 2]);
  return reverse ? reverseSteps(steps) : steps;
}

/** Steps [batch, size] each -> [batch, time, size] */
function inTime(steps: tf.Tensor[], reverse: boolean | undefined): tf.Tensor {
  return tf.stack(reverse ? steps.toReversed() : steps, 1);
}

/** Steps [rows, size] each -> [time, rows, size] */
function joinSteps(steps: tf.Tensor[]): tf.Tensor {
  return tf.stack(steps, 0);
}

/** The steps one later: zeros, then all but the last. */
function previous(steps: tf.Tensor): tf.Tensor {
  const [time, rows, size] = steps.shape as [number, number, number];
  return tf.concat([tf.zeros([1, rows, size]), tf.slice(steps, 0, time - 1)], 0);
}

function columns(rows: tf.Tensor, begin: number, size: number): tf.Tensor {
  return tf.slice(rows, [0, begin], [-1, size]);
}

function matMul(rows: tf.Tensor, kernel: tf.Tensor | undefined): tf.Tensor {
  return tf.matMul(rows as tf.Tensor2D, kernel as tf.Tensor2D);
}

/** Peephole weights of each direction, repeated for each row of the stacked state: [directions * batch, size]. */
function peepholeRows(peepholes: tf.Tensor1D[], batch: number, [begin, size]: [number, number]): tf.Tensor {
  const rows = peepholes.map((weights) => tf.mul(tf.ones([batch, 1]), tf.slice(weights, begin, size)));
  return tf.concat(rows, 0);
}

function derivativeOfSigmoid(y: tf.Tensor): tf.Tensor {
  return tf.mul(y, tf.sub(1, y));
}

function derivativeOfTanh(y: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.square(y));
}

function run(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): tf.Tensor[] {
  const inputs = directions.flatMap(({ projected, recurrentKernel, peephole }) => [
    projected,
    recurrentKernel,
    peephole,
  ]);
  return runComposedKernel(peepholeLstmKernel, [mask, ...inputs], {
    reverse: directions.map(({ reverse }) => reverse),
  });
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
  return tf.tidy(() => run(directions, mask)[0] as tf.Tensor3D);
}

/** Like peepholeLstm, with the cell states too. */
export function peepholeLstmStates(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): RecurrentStates {
  return tf.tidy(() => {
    const [hidden, , cellSteps] = run(directions, mask) as [tf.Tensor3D, tf.Tensor, tf.Tensor];
    const parts = tf.split(cellSteps, directions.length, 1).map((steps, index) => {
      const inOrder = directions[index]?.reverse ? tf.reverse(steps as tf.Tensor3D, 0) : (steps as tf.Tensor3D);
      return tf.transpose(inOrder, [1, 0, 2]);
    });
    return { hidden, cell: tf.mul(tf.concat(parts, 2), tf.expandDims(mask, 2)) as tf.Tensor3D };
  });
}
