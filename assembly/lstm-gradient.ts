// Back-propagation through time for one direction of the peephole LSTM.

import { at, listActive, timeOf } from "./lstm";
import { LINEAR, multiply, multiplyPacked, packMatrix } from "./product";
import { loadUnits, storeUnits, tanh } from "./vector-math";

/**
 * Gradients of one direction; padded rows are passed over.
 *
 * @param mask [batch, time]
 * @param kernel [units, 4 * units]
 * @param peephole [3 * units]
 * @param offset of this direction among the rows of a step, in videos
 * @param stepRows videos of a step: directions * batch
 * @param dHidden [batch, time, hiddenSize], of which this direction reads `units` values from `hiddenOffset` on
 * @param dCellSteps like cellSteps
 * @param dProjected [batch, time, 4 * units]; zero at the padding
 * @param dKernel [units, 4 * units]
 * @param dPeephole [3 * units]
 * @param packed packedBytes(4 * units, units) of memory
 * @param panels packedBlockBytes(batch * time, 4 * units) of memory
 * @param dCellLater, dHiddenSum [batch, units] of memory each
 * @param rows 2 * batch * time whole numbers of memory for lists
 * @param work WORK_BYTES of memory
 */
export function lstmBackward(
  batch: i32, time: i32, units: i32, reverse: bool,
  mask: usize, kernel: usize, peephole: usize, offset: i32, stepRows: i32,
  hiddenSteps: usize, cellSteps: usize, candidateSteps: usize, inputAndForgetSteps: usize, outputSteps: usize,
  dHidden: usize, hiddenSize: i32, hiddenOffset: i32, dCellSteps: usize,
  dProjected: usize, dKernel: usize, dPeephole: usize,
  packed: usize, panels: usize, dCellLater: usize, dHiddenSum: usize, rows: usize, work: usize,
): void {
  const gates = 4 * units;
  const bytes = (<usize>units) << 2;
  const videos = rows;
  const rowsLater = at(videos, batch, 1);
  packMatrix(kernel, true, gates, units, packed);
  memory.fill(dPeephole, 0, 3 * bytes);
  memory.fill(dCellLater, 0, <usize>batch * bytes);

  for (let step = time - 1; step >= 0; step--) {
    const now = timeOf(step, time, reverse);
    const count = listActive(mask, batch, time, now, videos);
    for (let place = 0; place < count; place++) {
      const video = load<i32>(at(videos, place, 1));
      const source = at(dHidden, video * time + now, hiddenSize) + ((<usize>hiddenOffset) << 2);
      memory.copy(at(dHiddenSum, place, units), source, bytes);
    }
    if (step < time - 1) {
      // Videos that ended have zeros at the later step.
      const later = timeOf(step + 1, time, reverse);
      for (let place = 0; place < count; place++) {
        store<i32>(at(rowsLater, place, 1), load<i32>(at(videos, place, 1)) * time + later);
      }
      multiplyPacked(
        dProjected, gates, false, rowsLater, count, gates, packed, units, dHiddenSum, units, 0, 0, LINEAR, true, work,
      );
    }
    const row = step * stepRows + offset;
    let place = 0;
    for (let video = 0; video < batch; video++) {
      const dSums = at(dProjected, video * time + now, gates);
      if (place == count || load<i32>(at(videos, place, 1)) != video) {
        memory.fill(dSums, 0, bytes << 2);
        continue;
      }
      const stepRow = row + video;
      retreat(
        units, at(dHiddenSum, place, units), at(dCellSteps, stepRow, units), at(dCellLater, video, units),
        step > 0 ? at(cellSteps, stepRow - stepRows, units) : 0, at(cellSteps, stepRow, units),
        at(candidateSteps, stepRow, units), at(inputAndForgetSteps, stepRow, units << 1), at(outputSteps, stepRow, units),
        peephole, dSums, dPeephole,
      );
      place++;
    }
  }

  // The recurrent kernel's: all steps but the first as one product, the states before them times the gates' gradients.
  const rowsBefore = rows;
  const rowsNow = at(rows, batch * time, 1);
  let count = 0;
  for (let step = 1; step < time; step++) {
    const now = timeOf(step, time, reverse);
    for (let video = 0; video < batch; video++) {
      if (load<f32>(at(mask, video * time + now, 1)) == 0) continue;
      store<i32>(at(rowsBefore, count, 1), (step - 1) * stepRows + offset + video);
      store<i32>(at(rowsNow, count, 1), video * time + now);
      count++;
    }
  }
  multiply(
    hiddenSteps, units, true, rowsBefore, units, count, dProjected, gates, false, rowsNow, gates, dKernel, gates, 0, 0, LINEAR, false, panels, work,
  );
}

/** One video's step, backwards. */
function retreat(
  units: i32, dHidden: usize, dCell: usize, dCellLater: usize, cellBefore: usize, cell: usize,
  candidate: usize, inputAndForget: usize, output: usize, peephole: usize, dSums: usize, dPeephole: usize,
): void {
  const bytes = (<usize>units) << 2;
  const vectorBytes = (<usize>(units & ~3)) << 2;
  let i: usize = 0;
  for (; i < vectorBytes; i += 16) {
    retreatUnits(
      true, i, bytes, dHidden, dCell, dCellLater, cellBefore, cell, candidate, inputAndForget, output, peephole, dSums, dPeephole,
    );
  }
  for (; i < bytes; i += 4) {
    retreatUnits(
      false, i, bytes, dHidden, dCell, dCellLater, cellBefore, cell, candidate, inputAndForget, output, peephole, dSums, dPeephole,
    );
  }
}

/** `gate * (1 - gate)` */
// @ts-ignore: decorator
@inline
function slopeOfSigmoid(gate: v128): v128 {
  return f32x4.mul(gate, f32x4.sub(f32x4.splat(1), gate));
}

/** `1 - value * value` */
// @ts-ignore: decorator
@inline
function slopeOfTanh(value: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(value, value));
}

// @ts-ignore: decorator
@inline
function addUnits(four: bool, address: usize, values: v128): void {
  storeUnits(four, address, f32x4.add(loadUnits(four, address), values));
}

// @ts-ignore: decorator
@inline
function retreatUnits(
  four: bool, i: usize, bytes: usize, dHidden: usize, dCell: usize, dCellLater: usize, cellBefore: usize, cell: usize,
  candidate: usize, inputAndForget: usize, output: usize, peephole: usize, dSums: usize, dPeephole: usize,
): void {
  const before = cellBefore == 0 ? f32x4.splat(0) : loadUnits(four, cellBefore + i);
  const c = loadUnits(four, cell + i);
  const g = loadUnits(four, candidate + i);
  const inputGate = loadUnits(four, inputAndForget + i);
  const forgetGate = loadUnits(four, inputAndForget + bytes + i);
  const outputGate = loadUnits(four, output + i);
  const tanhCell = tanh(c);
  const dh = loadUnits(four, dHidden + i);

  const dOutput = f32x4.mul(f32x4.mul(dh, tanhCell), slopeOfSigmoid(outputGate));
  const throughHidden = f32x4.mul(f32x4.mul(dh, outputGate), slopeOfTanh(tanhCell));
  const throughOutput = f32x4.mul(dOutput, loadUnits(four, peephole + 2 * bytes + i));
  const given = f32x4.add(loadUnits(four, dCell + i), loadUnits(four, dCellLater + i));
  const dc = f32x4.add(given, f32x4.add(throughHidden, throughOutput));
  const dCandidate = f32x4.mul(f32x4.mul(dc, inputGate), slopeOfTanh(g));
  const dInput = f32x4.mul(f32x4.mul(dc, g), slopeOfSigmoid(inputGate));
  const dForget = f32x4.mul(f32x4.mul(dc, before), slopeOfSigmoid(forgetGate));
  const throughInput = f32x4.mul(dInput, loadUnits(four, peephole + i));
  const throughForget = f32x4.mul(dForget, loadUnits(four, peephole + bytes + i));
  const dCellBefore = f32x4.add(f32x4.mul(dc, forgetGate), f32x4.add(throughInput, throughForget));

  storeUnits(four, dCellLater + i, dCellBefore);
  storeUnits(four, dSums + i, dCandidate);
  storeUnits(four, dSums + bytes + i, dInput);
  storeUnits(four, dSums + 2 * bytes + i, dForget);
  storeUnits(four, dSums + 3 * bytes + i, dOutput);
  addUnits(four, dPeephole + i, f32x4.mul(dInput, before));
  addUnits(four, dPeephole + bytes + i, f32x4.mul(dForget, before));
  addUnits(four, dPeephole + 2 * bytes + i, f32x4.mul(dOutput, c));
}
