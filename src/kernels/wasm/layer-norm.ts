import type * as tf from "@tensorflow/tfjs-core";
import type { LayerNormAttributes, LayerNormInputs } from "../../ops/layer-norm.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/** Normalization of each row. */
export function runLayerNorm(
  memory: WasmMemory,
  { x, scale, bias }: LayerNormInputs,
  { epsilon }: LayerNormAttributes,
): tf.TensorInfo[] {
  const [rows, size] = x.shape;
  const y = memory.output([rows, size]);
  // biome-ignore format: one group of arguments a line
  memory.kernels.layerNorm(
    memory.addressOf(x), memory.addressOf(scale), memory.addressOf(bias), rows, size, epsilon,
    memory.addressOf(y),
  );
  return [y];
}
