import { hasRelaxedSimd } from "multimodal-video-tag/kernels";
import type { Contender } from "./contender.ts";

/** Node 20 to 23 have relaxed SIMD behind this flag; later ones have it without. */
const RELAXED_SIMD = "--experimental-wasm-relaxed-simd";

/** A program of ours, with the library's kernels as the engine can run them, with relaxed SIMD, and without kernels. */
export function ours(program: string, options: Readonly<Record<string, unknown>> = {}): Contender[] {
  const withKernels = { name: "ours", program, options: { ...options, kernels: true } };
  const relaxed = { ...withKernels, name: "ours, relaxed SIMD", nodeFlags: [RELAXED_SIMD] };
  const plain = { name: "ours, without kernels", program, options };
  return hasRelaxedSimd() ? [withKernels, plain] : [withKernels, relaxed, plain];
}
