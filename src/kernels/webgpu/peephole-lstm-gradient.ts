import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { FasterKernel } from "../../core/composed-kernel.ts";
import { expectShape } from "../../core/errors.ts";
import type { PeepholeLstmAttributes, PeepholeLstmGradientInputs } from "../../ops/peephole-lstm-gradient.ts";
import { flatWorkgroups, makeBuffer, runProgram } from "./program.ts";
import {
  fitsDevice,
  recurrenceSizes,
  STEP_OF,
  stackWeights,
  stepsInTime,
  stepWorkgroups,
  TANH,
  UNITS_PER_GROUP,
} from "./recurrence.ts";

/** Each of so many invocations adds up its share of four units' product. */
const SLICES = 32;
/** An invocation holds four units, the rows of a mat4x4. */
const UNITS_PER_INVOCATION = 4;
const INVOCATIONS = UNITS_PER_GROUP / UNITS_PER_INVOCATION;

// What does not wait for a later step, for all steps at once. "factors" has blocks [time, rows, units]: from the cell's
// gradient to those of the sums of candidate, input and forget gate, from the hidden state's to that of the output
// gate's sum and to that of the cell, and from the cell's to that of the cell before. At padding all are zero.
const FACTORS = `
  ${STEP_OF}
  ${TANH}

  fn main(index : i32) {
    let units = uniforms.units;
    let block = uniforms.time * uniforms.rows * units;
    if (index >= block) { return; }
    let unit = index % units;
    let stepRow = index / units;
    let step = stepRow / uniforms.rows;
    let stacked = stepRow % uniforms.rows;
    let direction = stacked / uniforms.batch;
    let inside = mask[(stacked % uniforms.batch) * uniforms.time + stepOf(step, direction)];

    var before = 0.0;
    if (step > 0) { before = cell[index - uniforms.rows * units]; }
    let g = candidate[index];
    let gates = stepRow * 2 * units + unit;
    let i = inputAndForget[gates];
    let f = inputAndForget[gates + units];
    let o = output[index];
    let tanhCell = tanhOf(cell[index]);

    let toInput = g * i * (1.0 - i);
    let toForget = before * f * (1.0 - f);
    let toOutput = tanhCell * o * (1.0 - o);
    let seen = direction * 3 * units + unit;
    result[index] = inside * i * (1.0 - g * g);
    result[block + index] = inside * toInput;
    result[2 * block + index] = inside * toForget;
    result[3 * block + index] = inside * toOutput;
    result[4 * block + index] = inside * (o * (1.0 - tanhCell * tanhCell) + toOutput * peepholes[seen + 2 * units]);
    result[5 * block + index] = inside * (f + toInput * peepholes[seen] + toForget * peepholes[seen + units]);
  }
`;

// One dispatch is one step of all directions, from the last in the order of work to the first. "result" holds the
// gradients of the sums [time, rows, 4 * units], then what the step hands on to the cell before: [rows, units].
const STEP = `
  var<workgroup> shares : array<mat4x4<f32>, ${INVOCATIONS * SLICES}>;

  ${STEP_OF}

  fn main(index : i32) {
    let units = uniforms.units;
    let batch = uniforms.batch;
    let step = uniforms.step;
    let isLast = step == uniforms.time - 1;
    let slice = i32(localId.x);
    let firstUnit = (i32(workgroupId.x) * ${INVOCATIONS} + i32(localId.y)) * ${UNITS_PER_INVOCATION};
    let direction = i32(workgroupId.z);
    let firstRow = i32(workgroupId.y) * 4;
    let four = vec4<i32>(0, 1, 2, 3);

    // A column a row of the batch; in it the four units.
    var sums = mat4x4<f32>();
    if (!isLast && firstUnit < units) {
      let rows = (step + 1) * uniforms.rows + direction * batch + min(firstRow + four, vec4<i32>(batch - 1));
      let ofUnits = direction * units + min(firstUnit + four, vec4<i32>(units - 1));
      for (var k = slice; k < 4 * units; k += ${SLICES}) {
        let at = ofUnits * 4 * units + k;
        let weights = vec4<f32>(kernels[at.x], kernels[at.y], kernels[at.z], kernels[at.w]);
        let later = rows * 4 * units + k;
        sums += mat4x4<f32>(
          result[later.x] * weights, result[later.y] * weights, result[later.z] * weights, result[later.w] * weights);
      }
    }
    shares[i32(localId.y) * ${SLICES} + slice] = sums;
    workgroupBarrier();

    let row = firstRow + slice / 4;
    let unit = firstUnit + slice % 4;
    if (slice >= 16 || row >= batch || unit >= units) { return; }
    let stacked = direction * batch + row;
    let block = uniforms.time * uniforms.rows * units;
    let state = (step * uniforms.rows + stacked) * units + unit;
    let columns = uniforms.rows / batch * units;
    var dh = dHidden[(row * uniforms.time + stepOf(step, direction)) * columns + direction * units + unit];
    for (var share = 0; share < ${SLICES}; share++) {
      dh += shares[i32(localId.y) * ${SLICES} + share][slice / 4][slice % 4];
    }
    let handedOn = 4 * block + stacked * units + unit;
    var dc = dCell[state] + dh * factors[4 * block + state];
    if (!isLast) { dc += result[handedOn]; }
    let sum = (step * uniforms.rows + stacked) * 4 * units + unit;
    result[sum] = dc * factors[state];
    result[sum + units] = dc * factors[block + state];
    result[sum + 2 * units] = dc * factors[2 * block + state];
    result[sum + 3 * units] = dh * factors[3 * block + state];
    result[handedOn] = dc * factors[5 * block + state];
  }
`;

/** Invocations that share a column of the peepholes' sums. */
const PEEPHOLE_SLICES = 16;

// The gradients of input, forget and output gate's sums times the cell that the gate sees, over all steps and rows.
const PEEPHOLES = `
  var<workgroup> shares : array<f32, ${PEEPHOLE_SLICES * UNITS_PER_GROUP}>;

  fn main(index : i32) {
    let units = uniforms.units;
    let slice = i32(localId.y);
    let unit = i32(workgroupId.x) * ${UNITS_PER_GROUP} + i32(localId.x);
    let gate = i32(workgroupId.y);
    let direction = i32(workgroupId.z);
    let lag = select(uniforms.rows * units, 0, gate == 2);
    var sum = 0.0;
    if (unit < units) {
      for (var position = slice; position < uniforms.time * uniforms.batch; position += ${PEEPHOLE_SLICES}) {
        let step = position / uniforms.batch;
        let stepRow = step * uniforms.rows + direction * uniforms.batch + position % uniforms.batch;
        let seen = stepRow * units + unit - lag;
        if (seen >= 0) { sum += dSums[(stepRow * 4 + 1 + gate) * units + unit] * cell[seen]; }
      }
    }
    shares[slice * ${UNITS_PER_GROUP} + i32(localId.x)] = sum;
    workgroupBarrier();
    if (slice > 0 || unit >= units) { return; }
    sum = 0.0;
    for (var share = 0; share < ${PEEPHOLE_SLICES}; share++) {
      sum += shares[share * ${UNITS_PER_GROUP} + i32(localId.x)];
    }
    result[(direction * 3 + gate) * units + unit] = sum;
  }
`;

/** The recurrence's gradient. */
export const webGpuPeepholeLstmGradient: FasterKernel<PeepholeLstmGradientInputs, PeepholeLstmAttributes>["run"] = (
  inputs,
  { reverse },
  webGpu,
) => {
  const backend = webGpu as WebGPUBackend;
  const { mask, hidden, cell, candidate, inputAndForget, output, dHidden, dCell } = inputs;
  const sizes = recurrenceSizes(mask, inputs, reverse);
  if (!fitsDevice(backend, inputs, sizes)) return undefined;
  const { batch, time, units, rows, reversed } = sizes;
  for (const [name, tensor] of Object.entries({ hidden, cell, candidate, output, dCell })) {
    expectShape(`PeepholeLstm's gradient: ${name}`, tensor, [time, rows, units]);
  }
  expectShape("PeepholeLstm's gradient: inputAndForget", inputAndForget, [time, rows, 2 * units]);
  expectShape("PeepholeLstm's gradient: dHidden", dHidden, [batch, time, reverse.length * units]);

  return tf.tidy(() => {
    const { kernels, peepholes } = stackWeights(inputs);
    const block = time * rows * units;
    const factors = makeBuffer(backend, 6 * block);
    const factorsProgram = {
      name: "MultimodalVideoTagPeepholeLstmFactors",
      code: FACTORS,
      ...flatWorkgroups(block),
      inputs: { mask, cell, candidate, inputAndForget, output, peepholes },
      integers: { batch, time, units, rows, reversed },
    };
    runProgram(backend, factorsProgram, factors);

    const dSums = makeBuffer(backend, 4 * block + rows * units);
    for (let step = time - 1; step >= 0; step--) {
      const program = {
        name: "MultimodalVideoTagPeepholeLstmStepBack",
        code: STEP,
        workgroupSize: [SLICES, INVOCATIONS, 1],
        workgroups: stepWorkgroups(sizes),
        inputs: { factors, kernels, dHidden, dCell },
        integers: { batch, time, units, rows, reversed, step },
      } as const;
      runProgram(backend, program, dSums);
    }

    const dPeepholes = makeBuffer(backend, reverse.length * 3 * units);
    const peepholesProgram = {
      name: "MultimodalVideoTagPeepholeSums",
      code: PEEPHOLES,
      workgroupSize: [UNITS_PER_GROUP, PEEPHOLE_SLICES, 1],
      workgroups: [Math.ceil(units / UNITS_PER_GROUP), 3, reverse.length],
      inputs: { dSums, cell },
      integers: { batch, time, units, rows },
    } as const;
    runProgram(backend, peepholesProgram, dPeepholes);

    return reverse.flatMap((_, direction) => {
      const only = { first: direction, count: 1 };
      const dProjected = stepsInTime(backend, dSums, 4 * units, only, sizes);
      const hiddenBefore = stepsInTime(backend, hidden, units, { ...only, lag: 1 }, sizes);
      const dRecurrentKernel = tf.matMul(
        tf.reshape(hiddenBefore, [batch * time, units]),
        tf.reshape(dProjected, [batch * time, 4 * units]),
        true,
      );
      return [dProjected, dRecurrentKernel, tf.slice(dPeepholes, direction * 3 * units, 3 * units)];
    });
  });
};
