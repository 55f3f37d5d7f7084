import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, runComposedKernel } from "../core/composed-kernel.ts";
import { gatherRows } from "./row-gathering.ts";
import { columns, timeStep } from "./time-steps.ts";

/** What a recurrence hands on from one piece of a sequence to the next: [1, units] each. */
export type RecurrentState = { readonly hidden: tf.Tensor2D; readonly cell: tf.Tensor2D };

export type PeepholeLstmPieceAttributes = { readonly reverse: boolean };

/** Inputs: mask [1, rows] of ones, projected [1, rows, 4 * units], recurrentKernel, peephole, hidden, cell. */
export const peepholeLstmPieceKernel: ComposedKernel<PeepholeLstmPieceAttributes> = {
  name: "MultimodalVideoTagPeepholeLstmPiece",

  /** Outputs: hidden [1, rows, units] in time, and the cell [rows, 1, units] in the order of work. */
  forward: ([, projected, recurrentKernel, peephole, hiddenBefore, cellBefore], { reverse }) => {
    const [, rows, gates] = (projected as tf.Tensor3D).shape;
    const units = gates / 4;
    const steps = tf.reshape(projected as tf.Tensor3D, [rows, 1, gates]);
    const rowPeephole = tf.reshape(peephole as tf.Tensor1D, [1, 3 * units]);
    let [hidden, cell] = [hiddenBefore as tf.Tensor, cellBefore as tf.Tensor];
    const [hiddens, cells]: [tf.Tensor[], tf.Tensor[]] = [[], []];
    for (let step = 0; step < rows; step++) {
      [hidden, cell] = tf.tidy(() => {
        const recurrent = tf.matMul(hidden as tf.Tensor2D, recurrentKernel as tf.Tensor2D);
        const sums = tf.add(timeStep(steps, reverse ? rows - 1 - step : step), recurrent);
        const seen = tf.mul(tf.concat([cell, cell], 1), columns(rowPeephole, 0, 2 * units));
        const inputAndForget = tf.sigmoid(tf.add(columns(sums, units, 2 * units), seen));
        const remembered = tf.mul(columns(inputAndForget, units, units), cell);
        const next = tf.add(remembered, tf.mul(columns(inputAndForget, 0, units), tf.tanh(columns(sums, 0, units))));
        const output = tf.add(columns(sums, 3 * units, units), tf.mul(columns(rowPeephole, 2 * units, units), next));
        return [tf.mul(tf.sigmoid(output), tf.tanh(next)), next];
      });
      hiddens.push(hidden);
      cells.push(cell);
    }
    return [tf.stack(reverse ? hiddens.toReversed() : hiddens, 1), tf.stack(cells)];
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
    const inputs = [tf.ones([1, rows]), projected, recurrentKernel, peephole, hidden, cell];
    const outputs = runComposedKernel(peepholeLstmPieceKernel, inputs, { reverse }) as [tf.Tensor3D, tf.Tensor3D];
    const last = (steps: tf.Tensor, index: number) =>
      tf.reshape(gatherRows(tf.reshape(steps, [rows, units]), Int32Array.of(index)), [1, units]);
    return {
      hidden: outputs[0],
      state: { hidden: last(outputs[0], reverse ? 0 : rows - 1), cell: last(outputs[1], rows - 1) },
    } as { hidden: tf.Tensor3D; state: RecurrentState };
  });
}
