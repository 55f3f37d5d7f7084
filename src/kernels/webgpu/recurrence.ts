import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../../core/errors.ts";
import type { PeepholeLstmWeights } from "../../ops/peephole-lstm-gradient.ts";
import { flatWorkgroups, makeBuffer, runProgram } from "./program.ts";

/** The sizes of a recurrence. `rows` of the stacked state: directions * batch. */
export interface RecurrenceSizes {
  readonly batch: number;
  readonly time: number;
  readonly units: number;
  readonly rows: number;
  /** Bit d is set where direction d goes from the last row of each sequence to its first. */
  readonly reversed: number;
}

/** Of one direction's batch: each workgroup of a step works for so many rows, the columns of a mat4x4. */
export const ROWS_PER_GROUP = 4;
/** Each workgroup of a step works for so many units. */
export const UNITS_PER_GROUP = 16;

/** @throws ShapeError when the weights do not fit each other */
export function recurrenceSizes(
  mask: tf.Tensor2D,
  { recurrentKernels, peepholes }: PeepholeLstmWeights,
  reverse: readonly boolean[],
): RecurrenceSizes {
  const [batch, time] = mask.shape;
  const units = (recurrentKernels[0] as tf.Tensor2D).shape[0];
  for (const kernel of recurrentKernels) expectShape("PeepholeLstm: recurrentKernel", kernel, [units, 4 * units]);
  for (const peephole of peepholes) expectShape("PeepholeLstm: peephole", peephole, [3 * units]);
  const reversed = reverse.reduce((bits, each, direction) => bits | (Number(each) << direction), 0);
  return { batch, time, units, rows: recurrentKernels.length * batch, reversed };
}

/** One direction below the other: kernels [directions * units, 4 * units], peepholes [directions * 3 * units]. */
export function stackWeights({ recurrentKernels, peepholes }: PeepholeLstmWeights): {
  readonly kernels: tf.Tensor2D;
  readonly peepholes: tf.Tensor1D;
} {
  return { kernels: tf.concat([...recurrentKernels]), peepholes: tf.concat([...peepholes]) };
}

/** Workgroups of a step: along the units, along the batch, along the directions. */
export function stepWorkgroups({ batch, units, rows }: RecurrenceSizes): [number, number, number] {
  return [Math.ceil(units / UNITS_PER_GROUP), Math.ceil(batch / ROWS_PER_GROUP), rows / batch];
}

/** Whether the device can bind the buffers and dispatch the steps; where not, the composed form does the work. */
export function fitsDevice(
  { device }: WebGPUBackend,
  inputs: Readonly<Record<string, tf.Tensor | readonly tf.Tensor[]>>,
  { batch, time, units, rows }: RecurrenceSizes,
): boolean {
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension } = device.limits;
  const directions = rows / batch;
  const largest = Math.max(6 * time * rows * units, 4 * directions * units * units);
  return (
    Object.values(inputs)
      .flat()
      .every(({ dtype }) => dtype === "float32") &&
    time * batch * units > 0 &&
    directions < 32 &&
    4 * largest <= Math.min(maxStorageBufferBindingSize, maxBufferSize) &&
    Math.ceil(batch / ROWS_PER_GROUP) <= maxComputeWorkgroupsPerDimension &&
    Math.ceil(units / UNITS_PER_GROUP) <= maxComputeWorkgroupsPerDimension
  );
}

/** For code that has a direction and a time: where in the order of work it comes, or the other way round. */
export const STEP_OF = `
  fn stepOf(time : i32, direction : i32) -> i32 {
    return select(time, uniforms.time - 1 - time, ((uniforms.reversed >> u32(direction)) & 1) == 1);
  }
`;

/** tanh by exp of what is not positive: WGSL's own may overflow. */
export const TANH = `
  fn tanhOf(x : f32) -> f32 {
    let e = exp(-2.0 * abs(x));
    return sign(x) * (1.0 - e) / (1.0 + e);
  }
`;

const IN_TIME = `
  ${STEP_OF}

  fn main(index : i32) {
    if (index >= uniforms.outShape) { return; }
    let column = index % uniforms.columns;
    let time = (index / uniforms.columns) % uniforms.time;
    let row = index / (uniforms.columns * uniforms.time);
    let direction = uniforms.first + column / uniforms.width;
    let step = stepOf(time, direction) - uniforms.lag;
    let stepRow = step * uniforms.rows + direction * uniforms.batch + row;
    if (step < 0) {
      result[index] = 0.0;
    } else {
      result[index] = steps[stepRow * uniforms.width + column % uniforms.width];
    }
  }
`;

/**
 * Steps [time, rows, width] -> [batch, time, count * width] in the order of time: of `count` directions from `first` on,
 * side by side. With a lag of 1 each place gets the step before its own, and the first step's gets zeros.
 *
 * @param steps a buffer that begins with the steps
 */
export function stepsInTime(
  backend: WebGPUBackend,
  steps: tf.Tensor,
  width: number,
  { first, count, lag = 0 }: { readonly first: number; readonly count: number; readonly lag?: number },
  { batch, time, rows, reversed }: RecurrenceSizes,
): tf.Tensor3D {
  const columns = count * width;
  const result = makeBuffer(backend, batch * time * columns);
  const program = {
    name: "MultimodalVideoTagStepsInTime",
    code: IN_TIME,
    ...flatWorkgroups(result.size),
    inputs: { steps },
    integers: { batch, time, rows, reversed, first, width, columns, lag },
  };
  runProgram(backend, program, result);
  return tf.reshape(result, [batch, time, columns]);
}
