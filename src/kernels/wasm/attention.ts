import type * as tf from "@tensorflow/tfjs-core";
import type { AttentionAttributes, AttentionInputs } from "../../ops/attention.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/** Attention of each text's tokens to each other; padding is passed over. */
export function runAttention(
  memory: WasmMemory,
  { query, key, value, mask }: AttentionInputs,
  { heads }: AttentionAttributes,
): tf.TensorInfo[] {
  const { kernels } = memory;
  const [batch, time, size] = query.shape;
  const headSize = size / heads;
  const panelBytes = Math.max(kernels.packedBlockBytes(headSize, time), kernels.packedBlockBytes(time, headSize));
  const y = memory.output([batch, time, size]);
  memory.withScratch([4 * time, 4 * time * time, panelBytes], (rows = 0, scores = 0, panels = 0) => {
    // biome-ignore format: one group of arguments a line
    kernels.attention(
      memory.addressOf(query), memory.addressOf(key), memory.addressOf(value), memory.addressOf(mask),
      batch, time, heads, headSize,
      memory.addressOf(y),
      rows, scores, panels, memory.work,
    );
  });
  return [y];
}
