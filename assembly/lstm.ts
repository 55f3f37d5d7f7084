// One direction of the peephole LSTM. The formulas, and what "steps" are, stand at src/ops/peephole-lstm.ts.

import { LINEAR, multiplyPacked, packMatrix } from "./product";
import { loadUnits, sigmoid, storeUnits, tanh } from "./vector-math";

/** Where a row of so many values lies. */
// @ts-ignore: decorator
@inline
export function at(base: usize, row: i32, size: i32): usize {
  return base + ((<usize>row * <usize>size) << 2);
}

// @ts-ignore: decorator
@inline
export function timeOf(step: i32, time: i32, reverse: bool): i32 {
  return reverse ? time - 1 - step : step;
}

/** Lists the videos that have a row at this time. Answers how many. */
export function listActive(mask: usize, batch: i32, time: i32, now: i32, videos: usize): i32 {
  let count = 0;
  for (let video = 0; video < batch; video++) {
    if (load<f32>(at(mask, video * time + now, 1)) == 0) continue;
    store<i32>(at(videos, count, 1), video);
    count++;
  }
  return count;
}

/**
 * Forward over all steps; padded rows are passed over.
 *
 * @param mask [batch, time]
 * @param projected [batch, time, 4 * units]
 * @param kernel [units, 4 * units]
 * @param peephole [3 * units]
 * @param offset of this direction among the rows of a step, in videos: 0, or batch for the second one
 * @param stepRows videos of a step: directions * batch
 * @param hidden [batch, time, hiddenSize], of which this direction writes `units` values from `hiddenOffset` on
 * @param hiddenBefore [batch, units], the state before the first step; null for zeros
 * @param cellBefore [batch, units]
 * @param packed packedBytes(units, 4 * units) of memory
 * @param sums [batch, 4 * units] of memory
 * @param videos [batch] of memory
 * @param work WORK_BYTES of memory
 */
export function lstmForward(
  batch: i32, time: i32, units: i32, reverse: bool,
  mask: usize, projected: usize, kernel: usize, peephole: usize, offset: i32, stepRows: i32,
  hidden: usize, hiddenSize: i32, hiddenOffset: i32,
  hiddenSteps: usize, cellSteps: usize, candidateSteps: usize, inputAndForgetSteps: usize, outputSteps: usize,
  hiddenBefore: usize, cellBefore: usize,
  packed: usize, sums: usize, videos: usize, work: usize,
): void {
  const gates = 4 * units;
  const bytes = (<usize>units) << 2;
  packMatrix(kernel, false, units, gates, packed);
  for (let step = 0; step < time; step++) {
    const now = timeOf(step, time, reverse);
    const count = listActive(mask, batch, time, now, videos);
    const row = step * stepRows + offset;
    const rowBefore = row - stepRows;
    for (let place = 0; place < count; place++) {
      const video = load<i32>(at(videos, place, 1));
      memory.copy(at(sums, place, gates), at(projected, video * time + now, gates), bytes << 2);
    }
    if (step > 0 || hiddenBefore != 0) {
      const before = step > 0 ? at(hiddenSteps, rowBefore, units) : hiddenBefore;
      multiplyPacked(
        before, units, false, videos, count, units, packed, gates, sums, gates, 0, 0, LINEAR, true, work,
      );
    }
    let place = 0;
    for (let video = 0; video < batch; video++) {
      const stepRow = row + video;
      const out = at(hidden, video * time + now, hiddenSize) + ((<usize>hiddenOffset) << 2);
      if (place == count || load<i32>(at(videos, place, 1)) != video) {
        memory.fill(out, 0, bytes);
        memory.fill(at(hiddenSteps, stepRow, units), 0, bytes);
        memory.fill(at(cellSteps, stepRow, units), 0, bytes);
        memory.fill(at(candidateSteps, stepRow, units), 0, bytes);
        memory.fill(at(inputAndForgetSteps, stepRow, units << 1), 0, bytes << 1);
        memory.fill(at(outputSteps, stepRow, units), 0, bytes);
        continue;
      }
      advance(
        units, at(sums, place, gates), step > 0 ? at(cellSteps, rowBefore + video, units) : cellBefore == 0 ? 0 : at(cellBefore, video, units), peephole,
        at(hiddenSteps, stepRow, units), at(cellSteps, stepRow, units), at(candidateSteps, stepRow, units),
        at(inputAndForgetSteps, stepRow, units << 1), at(outputSteps, stepRow, units),
      );
      memory.copy(out, at(hiddenSteps, stepRow, units), bytes);
      place++;
    }
  }
}

/** One video's step. `cellBefore` is null at the first one. */
function advance(
  units: i32, sums: usize, cellBefore: usize, peephole: usize,
  hidden: usize, cell: usize, candidate: usize, inputAndForget: usize, output: usize,
): void {
  const bytes = (<usize>units) << 2;
  const vectorBytes = (<usize>(units & ~3)) << 2;
  let i: usize = 0;
  for (; i < vectorBytes; i += 16) {
    advanceUnits(true, i, bytes, sums, cellBefore, peephole, hidden, cell, candidate, inputAndForget, output);
  }
  for (; i < bytes; i += 4) {
    advanceUnits(false, i, bytes, sums, cellBefore, peephole, hidden, cell, candidate, inputAndForget, output);
  }
}

// @ts-ignore: decorator
@inline
function advanceUnits(
  four: bool, i: usize, bytes: usize, sums: usize, cellBefore: usize, peephole: usize,
  hidden: usize, cell: usize, candidate: usize, inputAndForget: usize, output: usize,
): void {
  const before = cellBefore == 0 ? f32x4.splat(0) : loadUnits(four, cellBefore + i);
  const g = tanh(loadUnits(four, sums + i));
  const inputPeephole = f32x4.mul(loadUnits(four, peephole + i), before);
  const forgetPeephole = f32x4.mul(loadUnits(four, peephole + bytes + i), before);
  const inputGate = sigmoid(f32x4.add(loadUnits(four, sums + bytes + i), inputPeephole));
  const forgetGate = sigmoid(f32x4.add(loadUnits(four, sums + 2 * bytes + i), forgetPeephole));
  const next = f32x4.add(f32x4.mul(forgetGate, before), f32x4.mul(inputGate, g));
  const outputPeephole = f32x4.mul(loadUnits(four, peephole + 2 * bytes + i), next);
  const outputGate = sigmoid(f32x4.add(loadUnits(four, sums + 3 * bytes + i), outputPeephole));
  storeUnits(four, candidate + i, g);
  storeUnits(four, inputAndForget + i, inputGate);
  storeUnits(four, inputAndForget + bytes + i, forgetGate);
  storeUnits(four, cell + i, next);
  storeUnits(four, output + i, outputGate);
  storeUnits(four, hidden + i, f32x4.mul(outputGate, tanh(next)));
}
