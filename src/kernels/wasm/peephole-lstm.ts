import type * as tf from "@tensorflow/tfjs-core";
import type { PeepholeLstmInputs } from "../../ops/peephole-lstm.ts";
import type { PeepholeLstmAttributes, PeepholeLstmGradientInputs } from "../../ops/peephole-lstm-gradient.ts";
import type { PeepholeLstmPieceAttributes, PeepholeLstmPieceInputs } from "../../ops/peephole-lstm-piece.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/** The recurrence over whole sequences; padded rows are passed over. */
export function runPeepholeLstm(
  memory: WasmMemory,
  { mask, projected, recurrentKernels, peepholes }: PeepholeLstmInputs,
  { reverse }: PeepholeLstmAttributes,
): tf.TensorInfo[] {
  const { kernels } = memory;
  const directions = recurrentKernels.length;
  const [batch, time] = mask.shape;
  const units = (recurrentKernels[0] as tf.Tensor2D).shape[0];
  const stepRows = directions * batch;
  const steps = (width: number): tf.TensorInfo => memory.output([time, stepRows, width]);
  const hidden = memory.output([batch, time, directions * units]);
  const states = [steps(units), steps(units), steps(units), steps(2 * units), steps(units)];
  const [hiddenSteps, cellSteps, candidateSteps, inputAndForgetSteps, outputSteps] = states;
  const sizes = [kernels.packedBytes(units, 4 * units) >>> 0, 16 * batch * units, 4 * batch];
  memory.withScratch(sizes, (packed = 0, sums = 0, videos = 0) => {
    for (const [index, recurrentKernel] of recurrentKernels.entries()) {
      // biome-ignore format: one group of arguments a line
      kernels.lstmForward(
        batch, time, units, reverse[index] === true,
        memory.addressOf(mask), memory.addressOf(projected[index]),
        memory.addressOf(recurrentKernel), memory.addressOf(peepholes[index]),
        index * batch, stepRows,
        memory.addressOf(hidden), directions * units, index * units,
        memory.addressOf(hiddenSteps), memory.addressOf(cellSteps), memory.addressOf(candidateSteps),
        memory.addressOf(inputAndForgetSteps), memory.addressOf(outputSteps),
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
  { mask, projected, recurrentKernel, peephole, ...before }: PeepholeLstmPieceInputs,
  { reverse }: PeepholeLstmPieceAttributes,
): tf.TensorInfo[] {
  const { kernels } = memory;
  const rows = mask.shape[1];
  const units = recurrentKernel.shape[0];
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
      memory.addressOf(before.hidden), memory.addressOf(before.cell),
      packed, sums, videos, memory.work,
    );
  });
  return [hidden, cell];
}

/** Back-propagation through time over whole sequences; padded rows are passed over. */
export function runPeepholeLstmGradient(
  memory: WasmMemory,
  { mask, recurrentKernels, peepholes, ...given }: PeepholeLstmGradientInputs,
  { reverse }: PeepholeLstmAttributes,
): tf.TensorInfo[] {
  const { kernels } = memory;
  const directions = recurrentKernels.length;
  const [batch, time] = mask.shape;
  const units = given.cell.shape[2];
  const gates = 4 * units;
  const gradients = recurrentKernels.map(() => [
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
    for (const [index, recurrentKernel] of recurrentKernels.entries()) {
      const [dProjected, dKernel, dPeephole] = gradients[index] as tf.TensorInfo[];
      // biome-ignore format: one group of arguments a line
      kernels.lstmBackward(
        batch, time, units, reverse[index] === true,
        memory.addressOf(mask), memory.addressOf(recurrentKernel), memory.addressOf(peepholes[index]),
        index * batch, directions * batch,
        memory.addressOf(given.hidden), memory.addressOf(given.cell), memory.addressOf(given.candidate),
        memory.addressOf(given.inputAndForget), memory.addressOf(given.output),
        memory.addressOf(given.dHidden), directions * units, index * units, memory.addressOf(given.dCell),
        memory.addressOf(dProjected), memory.addressOf(dKernel), memory.addressOf(dPeephole),
        packed, panels, dCellLater, dHiddenSum, rows, memory.work,
      );
    }
  });
  return gradients.flat();
}
