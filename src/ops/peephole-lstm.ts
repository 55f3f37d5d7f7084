import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";

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

type PeepholeLstmAttributes = { readonly reverse: boolean[] };

/**
 * What the gates see at padding. It shuts them (sigmoid(-80) is 2e-35), so that a reversed direction reaches the end
 * of its sequence with the zero state; a much lower value would overflow exp on some backends.
 */
const SHUT = -80;

/** [batch, time, size] -> [time, batch, size], reversed in time where wanted: step s of each direction is entry s. */
function toSteps(values: tf.Tensor, reverse: boolean): tf.Tensor3D {
  const steps = tf.transpose(values as tf.Tensor3D, [1, 0, 2]);
  return reverse ? tf.reverse(steps, 0) : steps;
}

/** The inverse of toSteps, which is its own inverse. */
const fromSteps: typeof toSteps = (steps, reverse) =>
  tf.transpose(reverse ? tf.reverse(steps as tf.Tensor3D, 0) : (steps as tf.Tensor3D), [1, 0, 2]);

/** The directions one below the other, so that one operation a step serves all: [time, directions * batch, size]. */
function stackDirections(parts: tf.Tensor[], reverse: readonly boolean[]): tf.Tensor3D {
  return tf.concat(
    parts.map((part, index) => toSteps(part, reverse[index] === true)),
    1,
  );
}

/** [time, directions * batch, size] -> [batch, time, directions * size] */
function unstackDirections(steps: tf.Tensor3D, reverse: readonly boolean[]): tf.Tensor3D {
  const parts = tf.split(steps, reverse.length, 1).map((part, index) => fromSteps(part, reverse[index] === true));
  return tf.concat(parts, 2);
}

/** A product with each direction's own matrix: rows [directions * batch, ...] times kernels, one a direction. */
function multiplyEach(rows: tf.Tensor2D, kernels: tf.Tensor2D[]): tf.Tensor2D {
  if (kernels.length === 1) return tf.matMul(rows, kernels[0] as tf.Tensor2D);
  const parts = tf.split(rows, kernels.length, 0);
  return tf.concat(
    kernels.map((kernel, index) => tf.matMul(parts[index] as tf.Tensor2D, kernel)),
    0,
  );
}

/** One peephole weight of each direction as rows for the stacked state: [directions * batch, width]. */
function peepholeRows(peepholes: tf.Tensor[], batch: number, begin: number, width: number): tf.Tensor2D {
  return tf.concat(
    peepholes.map((weights) => tf.tile(tf.reshape(tf.slice(weights, begin, width), [1, width]), [batch, 1])),
    0,
  ) as tf.Tensor2D;
}

/** The inputs in order: mask, then for each direction projected, recurrentKernel, peephole. */
function unpack(inputs: tf.Tensor[]): {
  mask: tf.Tensor2D;
  projected: tf.Tensor[];
  recurrentKernels: tf.Tensor2D[];
  peepholes: tf.Tensor[];
} {
  const every = (offset: number) => inputs.filter((_, index) => index > 0 && (index - 1) % 3 === offset);
  return {
    mask: inputs[0] as tf.Tensor2D,
    projected: every(0),
    recurrentKernels: every(1) as tf.Tensor2D[],
    peepholes: every(2),
  };
}

const peepholeLstmKernel: ComposedKernel<PeepholeLstmAttributes> = {
  name: "MultimodalVideoTagPeepholeLstm",

  /** Outputs: hidden, cell, and for the gradient candidate, input and forget gates, output gate, as steps. */
  forward: (inputs, { reverse }) => {
    const { mask, projected, recurrentKernels, peepholes } = unpack(inputs);
    const [batch, time] = mask.shape;
    const units = recurrentKernels[0]?.shape[0] ?? 0;
    const rows = reverse.length * batch;

    const kept = tf.expandDims(tf.cast(mask, "bool"), 2);
    const shut = projected.map((values) => tf.where(tf.tile(kept, [1, 1, 4 * units]), values, SHUT));
    const steps = tf.unstack(stackDirections(shut, reverse), 0) as tf.Tensor2D[];
    const inputAndForgetPeephole = peepholeRows(peepholes, batch, 0, 2 * units);
    const outputPeephole = peepholeRows(peepholes, batch, 2 * units, units);

    let hidden = tf.zeros([rows, units]) as tf.Tensor2D;
    let cell = hidden;
    const history: {
      hidden: tf.Tensor[];
      cell: tf.Tensor[];
      candidate: tf.Tensor[];
      gates: tf.Tensor[];
      output: tf.Tensor[];
    } = { hidden: [], cell: [], candidate: [], gates: [], output: [] };
    for (const step of steps) {
      const state = tf.tidy(() => {
        const sums = tf.add(step, multiplyEach(hidden, recurrentKernels)) as tf.Tensor2D;
        const candidate = tf.tanh(tf.slice(sums, [0, 0], [rows, units]));
        const seen = tf.mul(tf.concat([cell, cell], 1), inputAndForgetPeephole);
        const gates = tf.sigmoid(tf.add(tf.slice(sums, [0, units], [rows, 2 * units]), seen)) as tf.Tensor2D;
        const [input, forget] = tf.split(gates, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
        const next = tf.add(tf.mul(forget, cell), tf.mul(input, candidate)) as tf.Tensor2D;
        const output = tf.sigmoid(tf.add(tf.slice(sums, [0, 3 * units], [rows, units]), tf.mul(outputPeephole, next)));
        return { hidden: tf.mul(output, tf.tanh(next)) as tf.Tensor2D, cell: next, candidate, gates, output };
      });
      ({ hidden, cell } = state);
      for (const name of ["hidden", "cell", "candidate", "gates", "output"] as const) history[name].push(state[name]);
    }

    const outside = tf.expandDims(mask, 2);
    const sequence = (states: tf.Tensor[]) =>
      tf.mul(unstackDirections(tf.reshape(tf.concat(states, 0), [time, rows, units]), reverse), outside);
    const inSteps = (states: tf.Tensor[], width: number) => tf.reshape(tf.concat(states, 0), [time, rows, width]);
    return [
      sequence(history.hidden),
      sequence(history.cell),
      inSteps(history.candidate, units),
      inSteps(history.gates, 2 * units),
      inSteps(history.output, units),
    ];
  },

  savedOutputs: [true, true, true, true, true],

  gradient: ([dHidden, dCell], saved, { reverse }) => {
    const { mask, recurrentKernels, peepholes } = unpack(saved.slice(0, -5));
    const [hidden, cell, candidate, gates, output] = saved.slice(-5) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ];
    const [batch, time] = mask.shape;
    const units = recurrentKernels[0]?.shape[0] ?? 0;
    const rows = reverse.length * batch;
    const directions = reverse.length;

    const dSums = tf.tidy(() => {
      const inSteps = (sequence: tf.Tensor) => stackDirections(tf.split(sequence, directions, 2), reverse);
      const cells = inSteps(cell);
      const cellsBefore = previous(cells);
      const tanhCells = tf.tanh(cells);
      const [input, forget] = tf.split(gates, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
      const [inputPeephole, forgetPeephole] = tf.split(peepholeRows(peepholes, batch, 0, 2 * units), 2, 1) as [
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const outputPeephole = peepholeRows(peepholes, batch, 2 * units, units);

      // Whatever does not depend on the gradient of a later step is computed for all steps at once.
      const toOutput = tf.mul(tanhCells, derivativeOfSigmoid(output));
      const toCandidate = tf.mul(input, derivativeOfTanh(candidate));
      const toInput = tf.mul(candidate, derivativeOfSigmoid(input));
      const toForget = tf.mul(cellsBefore, derivativeOfSigmoid(forget));
      const hiddenToCell = tf.add(tf.mul(output, derivativeOfTanh(tanhCells)), tf.mul(toOutput, outputPeephole));
      const cellToCellBefore = tf.add(forget, tf.add(tf.mul(toInput, inputPeephole), tf.mul(toForget, forgetPeephole)));
      const toSums = tf.concat([toCandidate, toInput, toForget, toOutput], 2);

      const inside = tf.expandDims(mask, 2);
      const dHiddens = tf.unstack(inSteps(tf.mul(dHidden as tf.Tensor, inside)), 0) as tf.Tensor2D[];
      const dCells = tf.unstack(inSteps(tf.mul(dCell as tf.Tensor, inside)), 0) as tf.Tensor2D[];
      const hiddenToCells = tf.unstack(hiddenToCell, 0) as tf.Tensor2D[];
      const cellToCellsBefore = tf.unstack(cellToCellBefore, 0) as tf.Tensor2D[];
      const toSumsSteps = tf.unstack(toSums, 0) as tf.Tensor2D[];
      const transposedKernels = recurrentKernels.map((kernel) => tf.transpose(kernel));

      const steps: tf.Tensor2D[] = new Array(time);
      let dCellLater: tf.Tensor | undefined;
      for (let step = time - 1; step >= 0; step--) {
        const later = steps[step + 1];
        const state = tf.tidy(() => {
          const direct = dHiddens[step] as tf.Tensor2D;
          const dh = later === undefined ? direct : tf.add(direct, multiplyEach(later, transposedKernels));
          const sofar = tf.add(dCells[step] as tf.Tensor2D, tf.mul(dh, hiddenToCells[step] as tf.Tensor2D));
          const dc = dCellLater === undefined ? sofar : tf.add(sofar, dCellLater);
          return {
            dSums: tf.mul(tf.concat([dc, dc, dc, dh], 1), toSumsSteps[step] as tf.Tensor2D) as tf.Tensor2D,
            dCellBefore: tf.mul(dc, cellToCellsBefore[step] as tf.Tensor2D),
          };
        });
        steps[step] = state.dSums;
        dCellLater = state.dCellBefore;
      }
      return tf.reshape(tf.concat(steps, 0), [time, rows, 4 * units]);
    });

    const ofDirection = (steps: tf.Tensor, index: number) => tf.split(steps, directions, 1)[index] as tf.Tensor3D;
    const stepsOf = (sequence: tf.Tensor, index: number) =>
      toSteps(tf.split(sequence, directions, 2)[index] as tf.Tensor, reverse[index] === true);
    const flat = (steps: tf.Tensor3D) => tf.reshape(steps, [time * batch, -1]) as tf.Tensor2D;
    const gradients = reverse.map((isReversed, index) => [
      () => fromSteps(ofDirection(dSums, index), isReversed),
      () => {
        const before = flat(previous(stepsOf(hidden, index)));
        return tf.matMul(tf.transpose(before), flat(ofDirection(dSums, index)));
      },
      () => {
        const cells = stepsOf(cell, index);
        const before = previous(cells);
        const [, dInput, dForget, dOutput] = tf.split(ofDirection(dSums, index), 4, 2) as tf.Tensor3D[];
        const seen = tf.concat(
          [
            tf.mul(dInput as tf.Tensor, before),
            tf.mul(dForget as tf.Tensor, before),
            tf.mul(dOutput as tf.Tensor, cells),
          ],
          2,
        );
        return tf.sum(seen, [0, 1]);
      },
    ]);
    return [() => tf.zerosLike(mask), ...gradients.flat()];
  },
};

/** The steps one later: zeros, then all but the last. */
function previous(steps: tf.Tensor3D): tf.Tensor3D {
  const [time, rows, size] = steps.shape;
  return tf.concat([tf.zeros([1, rows, size]), tf.slice(steps, 0, time - 1)], 0) as tf.Tensor3D;
}

function derivativeOfSigmoid(y: tf.Tensor): tf.Tensor {
  return tf.mul(y, tf.sub(1, y));
}

function derivativeOfTanh(y: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.square(y));
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
 * @returns states [batch, time, directions * units], owned by the caller
 */
export function peepholeLstm(directions: readonly RecurrentDirection[], mask: tf.Tensor2D): RecurrentStates {
  return tf.tidy(() => {
    const inputs = directions.flatMap(({ projected, recurrentKernel, peephole }) => [
      projected,
      recurrentKernel,
      peephole,
    ]);
    const reverse = directions.map((direction) => direction.reverse);
    const [hidden, cell] = runComposedKernel(peepholeLstmKernel, [mask, ...inputs], { reverse });
    return { hidden: hidden as tf.Tensor3D, cell: cell as tf.Tensor3D };
  });
}
