import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { gatherRows } from "./row-gathering.ts";
import { columns, inTime, stack, timeStep } from "./time-steps.ts";

/** What a recurrence hands on from one piece of a sequence to the next: [1, units] each. */
export type RecurrentState = { readonly hidden: tf.Tensor2D; readonly cell: tf.Tensor2D };

export type PeepholeLstmPieceAttributes = { readonly reverse: boolean };

/** The mask: [1, rows] of ones. */
export type PeepholeLstmPieceInputs = Omit<RecurrentPiece, "reverse"> & RecurrentState & { readonly mask: tf.Tensor2D };

export const peepholeLstmPieceKernel: ComposedKernel<
  PeepholeLstmPieceInputs,
  [tf.Tensor3D, tf.Tensor3D],
  PeepholeLstmPieceAttributes
> = {
  name: "MultimodalVideoTagPeepholeLstmPiece",

  /** Outputs: hidden [1, rows, units] in time, and the cell [rows, 1, units] in the order of work. */
  forward: ({ projected, recurrentKernel, peephole, ...before }, { reverse }) => {
    const [, rows, gates] = projected.shape;
    const units = gates / 4;
    const steps: tf.Tensor3D = tf.reshape(projected, [rows, 1, gates]);
    const rowPeephole: tf.Tensor2D = tf.reshape(peephole, [1, 3 * units]);
    let { hidden, cell }: RecurrentState = before;
    const hiddens: tf.Tensor2D[] = [];
    const cells: tf.Tensor2D[] = [];
    for (let step = 0; step < rows; step++) {
      ({ hidden, cell } = tf.tidy((): RecurrentState => {
        const recurrent = tf.matMul(hidden, recurrentKernel);
        const sums: tf.Tensor2D = tf.add(timeStep(steps, reverse ? rows - 1 - step : step), recurrent);
        const seen = tf.mul(tf.concat([cell, cell], 1), columns(rowPeephole, 0, 2 * units));
        const inputAndForget: tf.Tensor2D = tf.sigmoid(tf.add(columns(sums, units, 2 * units), seen));
        const remembered = tf.mul(columns(inputAndForget, units, units), cell);
        const next: tf.Tensor2D = tf.add(
          remembered,
          tf.mul(columns(inputAndForget, 0, units), tf.tanh(columns(sums, 0, units))),
        );
        const output = tf.add(columns(sums, 3 * units, units), tf.mul(columns(rowPeephole, 2 * units, units), next));
        return { hidden: tf.mul(tf.sigmoid(output), tf.tanh(next)), cell: next };
      }));
      hiddens.push(hidden);
      cells.push(cell);
    }
    return [inTime(hiddens, reverse), stack(cells)];
  },
};

/** What one direction needs of a piece of a sequence. */
export interface RecurrentPiece {
  /** `[1, rows, 4 * units]`: x W + b in the blocks candidate, input, forget, output */
  readonly projected: tf.Tensor3D;
  /** [units, 4 * units], the same blocks */
  readonly recurrentKernel: tf.Tensor2D;
  /** [3 * units] */
  readonly peephole: tf.Tensor1D;
  /** From the piece's last row to its first: the pieces then come from the last to the first, too. */
  readonly reverse: boolean;
}

/**
 * The recurrence of `peepholeLstm` over a piece of one sequence, from the state where the piece before it ended. Pieces give
 * what the whole sequence gives, but need memory for one piece alone. It has no gradient.
 *
 * @returns hidden states [1, rows, units] and the state at the end, owned by the caller
 */
export function peepholeLstmPiece(
  { projected, recurrentKernel, peephole, reverse }: RecurrentPiece,
  { hidden, cell }: RecurrentState,
): { readonly hidden: tf.Tensor3D; readonly state: RecurrentState } {
  return tf.tidy(() => {
    const [, rows] = projected.shape;
    const units = recurrentKernel.shape[0];
    const inputs = { mask: tf.ones<tf.Rank.R2>([1, rows]), projected, recurrentKernel, peephole, hidden, cell };
    const [hiddens, cells] = runComposedKernel(peepholeLstmPieceKernel, inputs, { reverse });
    const last = (steps: tf.Tensor3D, index: number): tf.Tensor2D =>
      tf.reshape(gatherRows(tf.reshape(steps, [rows, units]), Int32Array.of(index)), [1, units]);
    return {
      hidden: hiddens,
      state: { hidden: last(hiddens, reverse ? 0 : rows - 1), cell: last(cells, rows - 1) },
    };
  });
}
