import { readFileSync } from "node:fs";
import type { ParameterValues } from "multimodal-video-tag";
import { readSafetensors } from "multimodal-video-tag/formats";

/** The float32 tensors of a safetensors file. */
export function readTensors(file: string): Map<string, ParameterValues> {
  const tensors = new Map<string, ParameterValues>();
  for (const [name, { dtype, shape, data }] of readSafetensors(readFileSync(file), { file }).tensors) {
    if (dtype !== "float32") throw new TypeError(`${file}: ${name} must be float32. Got ${dtype}.`);
    tensors.set(name, { shape, data: data as Float32Array });
  }
  return tensors;
}

/** What inputs/lstm.ts wrote. */
export interface LstmContent {
  /** [batch, time, inputSize] */
  readonly x: { readonly shape: [number, number, number]; readonly data: Float32Array };
  readonly units: number;
  readonly state: ReadonlyMap<string, ParameterValues>;
}

export function readLstm(file: string): LstmContent {
  const state = readTensors(file);
  const { x, "forwards.recurrentKernel": kernel } = Object.fromEntries(state);
  if (x === undefined || kernel === undefined) throw new TypeError(`${file} must hold x and a bidirectional LSTM.`);
  state.delete("x");
  return { x: x as LstmContent["x"], units: kernel.shape[0] as number, state };
}
