import * as tf from "@tensorflow/tfjs-core";
import type { ComposedKernel } from "../core/composed-kernel.ts";
import { product } from "./product.ts";
import { columns, inTime, peepholeRows, timeStep, toSteps } from "./time-steps.ts";

export type PeepholeLstmAttributes = {
  /** For each direction. */
  readonly reverse: boolean[];
};

/** The inputs of the gradient's kernel by name. */
export interface PeepholeLstmGradientInputs<T> {
  /** [batch, time] */
  readonly mask: T;
  readonly directions: readonly {
    /** [units, 4 * units] */
    readonly recurrentKernel: T;
    /** [3 * units] */
    readonly peephole: T;
  }[];
  /** [time, directions * batch, units] each, but inputAndForget is twice as wide: what forward made */
  readonly hidden: T;
  readonly cell: T;
  readonly candidate: T;
  readonly inputAndForget: T;
  readonly output: T;
  /** [batch, time, directions * units] */
  readonly dHidden: T;
  /** [time, directions * batch, units] */
  readonly dCell: T;
}

export function unpackPeepholeLstmGradient<T>(inputs: readonly T[]): PeepholeLstmGradientInputs<T> {
  const [mask, ...others] = inputs as [T, ...T[]];
  const [hidden, cell, candidate, inputAndForget, output, dHidden, dCell] = others.splice(-7) as [T, T, T, T, T, T, T];
  const directions = [];
  for (let index = 0; index < others.length; index += 2) {
    directions.push({ recurrentKernel: others[index] as T, peephole: others[index + 1] as T });
  }
  return { mask, directions, hidden, cell, candidate, inputAndForget, output, dHidden, dCell };
}

/**
 * The gradient of the peephole LSTM, by back-propagation through time in one piece. For each direction: that of
 * `projected` [batch, time, 4 * units], of the recurrent kernel and of the peephole weights.
 */
export const peepholeLstmGradientKernel: ComposedKernel<PeepholeLstmAttributes> = {
  name: "MultimodalVideoTagPeepholeLstmGradient",
  forward: (inputs, { reverse }) => {
    const { mask, directions, hidden, cell, candidate, inputAndForget, output, dHidden, dCell } =
      unpackPeepholeLstmGradient(inputs);
    const [batch, time] = mask.shape as [number, number];
    const units = cell.shape[2] as number;
    const hiddenBefore = previous(hidden);
    const cellBefore = previous(cell);

    const dSums: tf.Tensor[][] = tf.tidy(() => {
      const peepholes = directions.map(({ peephole }) => peephole as tf.Tensor1D);
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

      const dHiddens = tf.split(tf.mul(dHidden, tf.expandDims(mask, 2)), directions.length, 2);
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
          const dc = tf.addN([timeStep(dCell, step), tf.mul(dh, timeStep(hiddenToCell, step)), dCellLater]);
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
    return directions.flatMap((_, index) => {
      const steps = dSums[index] as tf.Tensor[];
      const dRows = tf.concat(steps, 0) as tf.Tensor2D;
      const before = rowsOf(cellBefore, index);
      const seen = tf.concat([before, before, rowsOf(cell, index)], 1);
      return [
        inTime(steps, reverse[index]),
        product(rowsOf(hiddenBefore, index), dRows, { transposeA: true }),
        tf.sum(tf.mul(seen, columns(dRows, units, 3 * units)), 0),
      ];
    });
  },
};

/** The steps one later: zeros, then all but the last. */
function previous(steps: tf.Tensor): tf.Tensor {
  const [time, rows, size] = steps.shape as [number, number, number];
  return tf.concat([tf.zeros([1, rows, size]), tf.slice(steps, 0, time - 1)], 0);
}

function matMul(rows: tf.Tensor, kernel: tf.Tensor | undefined): tf.Tensor {
  return tf.matMul(rows as tf.Tensor2D, kernel as tf.Tensor2D);
}

function derivativeOfSigmoid(y: tf.Tensor): tf.Tensor {
  return tf.mul(y, tf.sub(1, y));
}

function derivativeOfTanh(y: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.square(y));
}
