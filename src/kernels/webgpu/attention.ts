import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { FasterKernel } from "../../core/composed-kernel.ts";
import { expectShape } from "../../core/errors.ts";
import { type AttentionAttributes, type AttentionInputs, MASKED_OUT } from "../../ops/attention.ts";
import { makeBuffer, runProgram } from "./program.ts";
import { SHARED_ROW, SLICES } from "./shared-row.ts";

/** A row's weights stand in the memory of a workgroup. */
const MOST_ROWS = 1024;

// A workgroup a row and head: its scores, their softmax, what it hears.
const ATTENTION = `
  ${SHARED_ROW}

  var<workgroup> weights : array<f32, ${MOST_ROWS}>;

  fn main(index : i32) {
    let time = uniforms.time;
    let size = uniforms.size;
    let width = uniforms.width;
    let row = i32(workgroupId.x);
    let column = i32(workgroupId.y) * width;
    let video = i32(workgroupId.z) * time;
    let asking = (video + row) * size + column;
    let slice = i32(localIndex);

    var highest = -3.4e38;
    for (var other = slice; other < time; other += ${SLICES}) {
      let asked = (video + other) * size + column;
      var score = 0.0;
      for (var k = 0; k < width; k++) { score += query[asking + k] * key[asked + k]; }
      score = score * uniforms.scale + ${MASKED_OUT}.0 * (mask[video + row] * mask[video + other] - 1.0);
      weights[other] = score;
      highest = max(highest, score);
    }
    highest = highestOfShares(highest);
    var share = 0.0;
    for (var other = slice; other < time; other += ${SLICES}) {
      let weight = exp(weights[other] - highest);
      weights[other] = weight;
      share += weight;
    }
    let total = sumOfShares(share);
    for (var k = slice; k < width; k += ${SLICES}) {
      var heard = 0.0;
      for (var other = 0; other < time; other++) { heard += weights[other] * value[(video + other) * size + column + k]; }
      result[asking + k] = heard / total;
    }
  }
`;

/** Attention with several heads in one dispatch; composed it takes thirteen. */
export const webGpuAttention: FasterKernel<AttentionInputs, AttentionAttributes>["run"] = (
  { query, key, value, mask },
  { heads },
  webGpu,
) => {
  const backend = webGpu as WebGPUBackend;
  const [batch, time, size] = query.shape;
  expectShape("Attention: key", key, query.shape);
  expectShape("Attention: value", value, query.shape);
  expectShape("Attention: mask", mask, [batch, time]);
  const limit = backend.device.limits.maxComputeWorkgroupsPerDimension;
  const isSmall = query.size > 0 && time <= MOST_ROWS && heads <= limit && batch <= limit;
  if (!isSmall || [query, key, value, mask].some(({ dtype }) => dtype !== "float32")) return undefined;
  return tf.tidy(() => {
    const heard = makeBuffer(backend, query.size);
    const width = size / heads;
    const program = {
      name: "MultimodalVideoTagAttention",
      code: ATTENTION,
      workgroupSize: [SLICES, 1, 1],
      workgroups: [time, heads, batch],
      inputs: { query, key, value, mask },
      integers: { time, size, width },
      floats: { scale: width ** -0.5 },
    } as const;
    runProgram(backend, program, heard);
    return [tf.reshape(heard, [batch, time, size])];
  });
};
