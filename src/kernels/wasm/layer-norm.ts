import type * as tf from "@tensorflow/tfjs-core";
import type { LayerNormAttributes } from "../../ops/layer-norm.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/** Normalization of each row. */
export function runLayerNorm(
  memory: WasmMemory,
  [x, scale, bias]: tf.TensorInfo[],
  { epsilon }: LayerNormAttributes,
): tf.TensorInfo[] | undefined {
  if (x === undefined) return undefined;
  const [rows, size] = x.shape as [number, number];
  const y = memory.output([rows, size]);
  const [values, scales, biases, out] = [x, scale, bias, y].map((tensor) => memory.addressOf(tensor));
  memory.kernels.layerNorm(values as number, scales as number, biases as number, rows, size, epsilon, out as number);
  return [y];
}
