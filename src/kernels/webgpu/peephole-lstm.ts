import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { FasterKernel } from "../../core/composed-kernel.ts";
import { expectShape } from "../../core/errors.ts";
import type { PeepholeLstmInputs } from "../../ops/peephole-lstm.ts";
import type { PeepholeLstmAttributes } from "../../ops/peephole-lstm-gradient.ts";
import { makeBuffer, runProgram } from "./program.ts";
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

/** Each of so many invocations adds up its share of a unit's product. */
const SLICES = 8;

// One dispatch is one step of all directions. An invocation holds the four gates of one unit for four rows: a weight is
// read once for the four rows, and the row's hidden state once for the four gates. "states" is one buffer with blocks
// [time, rows, units] - hidden, cell, candidate, input and forget (as wide as two), output - because a shader of tfjs
// has one result; a step reads there what the step before has written.
const STEP = `
  var<workgroup> shares : array<mat4x4<f32>, ${SLICES * UNITS_PER_GROUP}>;

  fn sigmoid(x : f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }

  ${TANH}
  ${STEP_OF}

  fn main(index : i32) {
    let units = uniforms.units;
    let batch = uniforms.batch;
    let step = uniforms.step;
    let slice = i32(localId.y);
    let unit = i32(workgroupId.x) * ${UNITS_PER_GROUP} + i32(localId.x);
    let direction = i32(workgroupId.z);
    let firstRow = i32(workgroupId.y) * 4;

    // A column a row of the batch; in it candidate, input, forget, output.
    var sums = mat4x4<f32>();
    if (step > 0 && unit < units) {
      let rows = (step - 1) * uniforms.rows + direction * batch
        + min(vec4<i32>(firstRow) + vec4<i32>(0, 1, 2, 3), vec4<i32>(batch - 1));
      for (var k = slice; k < units; k += ${SLICES}) {
        let at = (direction * units + k) * 4 * units + unit;
        let weights = vec4<f32>(kernels[at], kernels[at + units], kernels[at + 2 * units], kernels[at + 3 * units]);
        let hidden = rows * units + k;
        sums += mat4x4<f32>(
          result[hidden.x] * weights, result[hidden.y] * weights, result[hidden.z] * weights, result[hidden.w] * weights);
      }
    }
    shares[slice * ${UNITS_PER_GROUP} + i32(localId.x)] = sums;
    workgroupBarrier();

    let row = firstRow + slice;
    if (slice >= 4 || row >= batch || unit >= units) { return; }
    let stacked = direction * batch + row;
    let block = uniforms.time * uniforms.rows * units;
    let state = (step * uniforms.rows + stacked) * units + unit;
    let gates = 3 * block + (step * uniforms.rows + stacked) * 2 * units + unit;
    let time = stepOf(step, direction);
    if (mask[row * uniforms.time + time] == 0.0) {
      result[state] = 0.0;
      result[block + state] = 0.0;
      result[2 * block + state] = 0.0;
      result[gates] = 0.0;
      result[gates + units] = 0.0;
      result[5 * block + state] = 0.0;
      return;
    }
    let x = (stacked * uniforms.time + time) * 4 * units + unit;
    var sum = vec4<f32>(projected[x], projected[x + units], projected[x + 2 * units], projected[x + 3 * units]);
    for (var share = 0; share < ${SLICES}; share++) {
      sum += shares[share * ${UNITS_PER_GROUP} + i32(localId.x)][slice];
    }
    var before = 0.0;
    if (step > 0) { before = result[block + state - uniforms.rows * units]; }
    let seen = direction * 3 * units + unit;
    let candidate = tanhOf(sum.x);
    let inputGate = sigmoid(sum.y + peepholes[seen] * before);
    let forgetGate = sigmoid(sum.z + peepholes[seen + units] * before);
    let cell = forgetGate * before + inputGate * candidate;
    let outputGate = sigmoid(sum.w + peepholes[seen + 2 * units] * cell);
    result[state] = outputGate * tanhOf(cell);
    result[block + state] = cell;
    result[2 * block + state] = candidate;
    result[gates] = inputGate;
    result[gates + units] = forgetGate;
    result[5 * block + state] = outputGate;
  }
`;

/** The recurrence forwards. */
export const webGpuPeepholeLstm: FasterKernel<PeepholeLstmInputs, PeepholeLstmAttributes>["run"] = (
  inputs,
  { reverse },
  webGpu,
) => {
  const backend = webGpu as WebGPUBackend;
  const { mask } = inputs;
  const sizes = recurrenceSizes(mask, inputs, reverse);
  if (!fitsDevice(backend, inputs, sizes)) return undefined;
  const { batch, time, units, rows, reversed } = sizes;
  for (const sums of inputs.projected) expectShape("PeepholeLstm: projected", sums, [batch, time, 4 * units]);
  return tf.tidy(() => {
    const projected = tf.concat([...inputs.projected]);
    const { kernels, peepholes } = stackWeights(inputs);
    const block = time * rows * units;
    const states = makeBuffer(backend, 6 * block);
    for (let step = 0; step < time; step++) {
      const program = {
        name: "MultimodalVideoTagPeepholeLstmStep",
        code: STEP,
        workgroupSize: [UNITS_PER_GROUP, SLICES, 1],
        workgroups: stepWorkgroups(sizes),
        inputs: { mask, projected, kernels, peepholes },
        integers: { batch, time, units, rows, reversed, step },
      } as const;
      runProgram(backend, program, states);
    }
    const part = (begin: number, width: number): tf.Tensor =>
      tf.reshape(tf.slice(states, begin * block, width * block), [time, rows, width * units]);
    const hidden = stepsInTime(backend, states, units, { first: 0, count: reverse.length }, sizes);
    return [hidden, part(0, 1), part(1, 1), part(2, 1), part(3, 2), part(5, 1)];
  });
};
