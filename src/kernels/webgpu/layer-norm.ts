import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { FasterKernel } from "../../core/composed-kernel.ts";
import { expectShape } from "../../core/errors.ts";
import type { LayerNormAttributes, LayerNormInputs } from "../../ops/layer-norm.ts";
import { makeBuffer, runProgram } from "./program.ts";
import { SHARED_ROW, SLICES } from "./shared-row.ts";

// A workgroup a row.
const LAYER_NORM = `
  ${SHARED_ROW}

  fn main(index : i32) {
    let size = uniforms.columns;
    let row = i32(workgroupId.x) * size;
    let first = i32(localIndex);
    var share = 0.0;
    for (var column = first; column < size; column += ${SLICES}) { share += x[row + column]; }
    let mean = sumOfShares(share) / f32(size);
    share = 0.0;
    for (var column = first; column < size; column += ${SLICES}) {
      let centered = x[row + column] - mean;
      share += centered * centered;
    }
    let inverseDeviation = inverseSqrt(sumOfShares(share) / f32(size) + uniforms.epsilon);
    for (var column = first; column < size; column += ${SLICES}) {
      result[row + column] = (x[row + column] - mean) * inverseDeviation * scale[column] + bias[column];
    }
  }
`;

/** Layer normalization of rows in one dispatch; composed it takes nine. */
export const webGpuLayerNorm: FasterKernel<LayerNormInputs, LayerNormAttributes>["run"] = (
  { x, scale, bias },
  { epsilon },
  webGpu,
) => {
  const backend = webGpu as WebGPUBackend;
  const [rows, columns] = x.shape;
  expectShape("LayerNorm: scale", scale, [columns]);
  expectShape("LayerNorm: bias", bias, [columns]);
  const limit = backend.device.limits.maxComputeWorkgroupsPerDimension;
  if (x.size === 0 || rows > limit || [x, scale, bias].some(({ dtype }) => dtype !== "float32")) return undefined;
  return tf.tidy(() => {
    const y = makeBuffer(backend, x.size);
    const program = {
      name: "MultimodalVideoTagLayerNorm",
      code: LAYER_NORM,
      workgroupSize: [SLICES, 1, 1],
      workgroups: [rows, 1, 1],
      inputs: { x, scale, bias },
      integers: { columns },
      floats: { epsilon },
    } as const;
    runProgram(backend, program, y);
    return [tf.reshape(y, [rows, columns])];
  });
};
