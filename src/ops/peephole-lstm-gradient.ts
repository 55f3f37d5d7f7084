import * as tf from "@tensorflow/tfjs-core";
import type { ComposedKernel } from "../core/composed-kernel.ts";
import { product } from "./product.ts";
import { columns, inTime, peepholeRows, timeStep, toSteps } from "./time-steps.ts";

export type PeepholeLstmAttributes = {
  /** For each direction. */
  readonly reverse: boolean[];
};

/** The weights of each direction. */
export type PeepholeLstmWeights = {
  /** [units, 4 * units] each */
  readonly recurrentKernels: readonly tf.Tensor2D[];
  /** [3 * units] each */
  readonly peepholes: readonly tf.Tensor1D[];
};

export type PeepholeLstmGradientInputs = PeepholeLstmWeights & {
  /** [batch, time] */
  readonly mask: tf.Tensor2D;
  /** [time, directions * batch, units] each, but inputAndForget is twice as wide: what forward made */
  readonly hidden: tf.Tensor3D;
  readonly cell: tf.Tensor3D;
  readonly candidate: tf.Tensor3D;
  readonly inputAndForget: tf.Tensor3D;
  readonly output: tf.Tensor3D;
  /** [batch, time, directions * units] */
  readonly dHidden: tf.Tensor3D;
  /** [time, directions * batch, units] */
  readonly dCell: tf.Tensor3D;
};

/**
 * The gradient of the peephole LSTM, by back-propagation through time in one piece. For each direction: that of
 * `projected` [batch, time, 4 * units], of the recurrent kernel and of the peephole weights.
 */
export const peepholeLstmGradientKernel: ComposedKernel<
  PeepholeLstmGradientInputs,
  tf.Tensor[],
  PeepholeLstmAttributes
> = {
  name: "MultimodalVideoTagPeepholeLstmGradient",
  forward: ({ mask, recurrentKernels, peepholes, ...steps }, { reverse }) => {
    const { hidden, cell, candidate, inputAndForget, output, dHidden, dCell } = steps;
    const directions = recurrentKernels.length;
    const [batch, time] = mask.shape;
    const units = cell.shape[2];
    const hiddenBefore = previous(hidden);
    const cellBefore = previous(cell);

    const dSums: tf.Tensor2D[][] = tf.tidy(() => {
      const inputPeephole = peepholeRows(peepholes, batch, [0, units]);
      const forgetPeephole = peepholeRows(peepholes, batch, [units, units]);
      const outputPeephole = peepholeRows(peepholes, batch, [2 * units, units]);
      const [input, forget] = tf.split<tf.Tensor3D>(inputAndForget, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
      const tanhCell = tf.tanh(cell);

      const toCandidate: tf.Tensor3D = tf.mul(input, derivativeOfTanh(candidate));
      const toInput: tf.Tensor3D = tf.mul(candidate, derivativeOfSigmoid(input));
      const toForget: tf.Tensor3D = tf.mul(cellBefore, derivativeOfSigmoid(forget));
      const toOutput: tf.Tensor3D = tf.mul(tanhCell, derivativeOfSigmoid(output));
      const toSums = tf.concat([toCandidate, toInput, toForget, toOutput], 2);
      const hiddenToCell: tf.Tensor3D = tf.add(
        tf.mul(output, derivativeOfTanh(tanhCell)),
        tf.mul(toOutput, outputPeephole),
      );
      const throughGates = tf.add(tf.mul(toInput, inputPeephole), tf.mul(toForget, forgetPeephole));
      const cellToCellBefore: tf.Tensor3D = tf.add(forget, throughGates);

      const dHiddens = tf.split<tf.Tensor3D>(tf.mul(dHidden, tf.expandDims(mask, 2)), directions, 2);
      const direct = tf.concat(
        dHiddens.map((part, index) => toSteps(part, reverse[index])),
        1,
      );
      const transposedKernels = recurrentKernels.map((kernel) => tf.transpose(kernel));

      const history: tf.Tensor2D[][] = new Array(time);
      let dCellLater: tf.Tensor2D = tf.zeros([directions * batch, units]);
      for (let step = time - 1; step >= 0; step--) {
        const later = history[step + 1];
        const state = tf.tidy(() => {
          const recurrent =
            later && transposedKernels.map((kernel, index) => tf.matMul(later[index] as tf.Tensor2D, kernel));
          const now = timeStep(direct, step);
          const dh = recurrent === undefined ? now : tf.add(now, tf.concat(recurrent, 0));
          const dc = tf.addN([timeStep(dCell, step), tf.mul(dh, timeStep(hiddenToCell, step)), dCellLater]);
          const sums = tf.mul(tf.concat([dc, dc, dc, dh], 1), timeStep(toSums, step));
          return {
            sums: tf.split<tf.Tensor2D>(sums, directions, 0),
            dCellBefore: tf.mul<tf.Tensor2D>(dc, timeStep(cellToCellBefore, step)),
          };
        });
        history[step] = state.sums;
        dCellLater = state.dCellBefore;
      }
      return recurrentKernels.map((_, index) => history.map((parts) => parts[index] as tf.Tensor2D));
    });

    /** Steps of one direction as rows [time * batch, size]. */
    const rowsOf = (stacked: tf.Tensor3D, index: number): tf.Tensor2D => {
      const part = tf.split(stacked, directions, 1)[index] as tf.Tensor;
      return tf.reshape(part, [time * batch, -1]);
    };
    return dSums.flatMap((ofDirection, index) => {
      const dRows = tf.concat(ofDirection, 0);
      const before = rowsOf(cellBefore, index);
      const seen = tf.concat([before, before, rowsOf(cell, index)], 1);
      return [
        inTime(ofDirection, reverse[index]),
        product(rowsOf(hiddenBefore, index), dRows, { transposeA: true }),
        tf.sum(tf.mul(seen, columns(dRows, units, 3 * units)), 0),
      ];
    });
  },
};

/** The steps one later: zeros, then all but the last. */
function previous(steps: tf.Tensor3D): tf.Tensor3D {
  const [time, rows, size] = steps.shape;
  return tf.concat([tf.zeros([1, rows, size]), tf.slice(steps, 0, time - 1)], 0);
}

function derivativeOfSigmoid(y: tf.Tensor): tf.Tensor {
  return tf.mul(y, tf.sub(1, y));
}

function derivativeOfTanh(y: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.square(y));
}
