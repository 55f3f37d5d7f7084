import type * as tf from "@tensorflow/tfjs-core";
import { unpackPeepholeLstm } from "../../ops/peephole-lstm.ts";
import { type PeepholeLstmAttributes, unpackPeepholeLstmGradient } from "../../ops/peephole-lstm-gradient.ts";
import type { PeepholeLstmPieceAttributes } from "../../ops/peephole-lstm-piece.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/** The recurrence over whole sequences; padded rows are passed over. */
export function runPeepholeLstm(
  memory: WasmMemory,
  inputs: tf.TensorInfo[],
  { reverse }: PeepholeLstmAttributes,
): tf.TensorInfo[] {
  const { kernels } = memory;
  const { mask, directions } = unpackPeepholeLstm(inputs);
  const [batch, time] = mask.shape as [number, number];
  const units = directions[0]?.recurrentKernel.shape[0] as number;
  const stepRows = directions.length * batch;
  const steps = (width: number): tf.TensorInfo => memory.output([time, stepRows, width]);
  const hidden = memory.output([batch, time, directions.length * units]);
  const states = [steps(units), steps(units), steps(units), steps(2 * units), steps(units)];
  const [hiddenSteps, cellSteps, candidateSteps, inputAndForgetSteps, outputSteps] = states.map((state) =>
    memory.addressOf(state),
  ) as [number, number, number, number, number];
  const sizes = [kernels.packedBytes(units, 4 * units) >>> 0, 16 * batch * units, 4 * batch];
  memory.withScratch(sizes, (packed = 0, sums = 0, videos = 0) => {
    for (const [index, { projected, recurrentKernel, peephole }] of directions.entries()) {
      // biome-ignore format: one group of arguments a line
      kernels.lstmForward(
        batch, time, units, reverse[index] === true,
        memory.addressOf(mask), memory.addressOf(projected), memory.addressOf(recurrentKernel), memory.addressOf(peephole),
        index * batch, stepRows,
        memory.addressOf(hidden), directions.length * units, index * units,
        hiddenSteps, cellSteps, candidateSteps, inputAndForgetSteps, outputSteps,
        0, 0,
        packed, sums, videos, memory.work,
      );
    }
  });
  return [hidden, ...states];
}

/** The recurrence over a piece of one sequence, from the state where the piece before it ended. */
export function runPeepholeLstmPiece(
  memory: WasmMemory,
  inputs: tf.TensorInfo[],
  { reverse }: PeepholeLstmPieceAttributes,
): tf.TensorInfo[] {
  const { kernels } = memory;
  const [mask, projected, recurrentKernel, peephole, hiddenBefore, cellBefore] = inputs as [
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
    ...tf.TensorInfo[],
  ];
  const rows = mask.shape[1] as number;
  const units = recurrentKernel.shape[0] as number;
  const hidden = memory.output([1, rows, units]);
  const cell = memory.output([rows, 1, units]);
  const step = 4 * rows * units;
  const sizes = [kernels.packedBytes(units, 4 * units) >>> 0, 16 * units, 4, step, step, 2 * step, step];
  memory.withScratch(sizes, (packed = 0, sums = 0, videos = 0, hiddens = 0, candidates = 0, gates = 0, outputs = 0) => {
    // biome-ignore format: one group of arguments a line
    kernels.lstmForward(
      1, rows, units, reverse,
      memory.addressOf(mask), memory.addressOf(projected), memory.addressOf(recurrentKernel), memory.addressOf(peephole),
      0, 1,
      memory.addressOf(hidden), units, 0,
      hiddens, memory.addressOf(cell), candidates, gates, outputs,
      memory.addressOf(hiddenBefore), memory.addressOf(cellBefore),
      packed, sums, videos, memory.work,
    );
  });
  return [hidden, cell];
}

/** Back-propagation through time over whole sequences; padded rows are passed over. */
export function runPeepholeLstmGradient(
  memory: WasmMemory,
  inputs: tf.TensorInfo[],
  { reverse }: PeepholeLstmAttributes,
): tf.TensorInfo[] {
  const { kernels } = memory;
  const given = unpackPeepholeLstmGradient(inputs);
  const { mask, directions } = given;
  const [batch, time] = mask.shape as [number, number];
  const units = given.cell.shape[2] as number;
  const gates = 4 * units;
  const gradients = directions.map(() => [
    memory.output([batch, time, gates]),
    memory.output([units, gates]),
    memory.output([3 * units]),
  ]);
  const sizes = [
    kernels.packedBytes(gates, units) >>> 0,
    kernels.packedBlockBytes(batch * time, gates) >>> 0,
    4 * batch * units,
    4 * batch * units,
    8 * batch * time,
  ];
  memory.withScratch(sizes, (packed = 0, panels = 0, dCellLater = 0, dHiddenSum = 0, rows = 0) => {
    for (const [index, { recurrentKernel, peephole }] of directions.entries()) {
      const [dProjected, dKernel, dPeephole] = gradients[index] as tf.TensorInfo[];
      // biome-ignore format: one group of arguments a line
      kernels.lstmBackward(
        batch, time, units, reverse[index] === true,
        memory.addressOf(mask), memory.addressOf(recurrentKernel), memory.addressOf(peephole),
        index * batch, directions.length * batch,
        memory.addressOf(given.hidden), memory.addressOf(given.cell), memory.addressOf(given.candidate),
        memory.addressOf(given.inputAndForget), memory.addressOf(given.output),
        memory.addressOf(given.dHidden), directions.length * units, index * units, memory.addressOf(given.dCell),
        memory.addressOf(dProjected), memory.addressOf(dKernel), memory.addressOf(dPeephole),
        packed, panels, dCellLater, dHiddenSum, rows, memory.work,
      );
    }
  });
  return gradients.flat();
}
