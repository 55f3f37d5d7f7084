import { relaxedBase64, simdBase64 } from "../../../build/embedded-kernels.ts";

/** A function whose body is one relaxed instruction: an engine that takes it runs relaxed SIMD. */
const RELAXED_PROBE = [
  ...[0, 97, 115, 109, 1, 0, 0, 0], // the format and its version
  ...[1, 5, 1, 96, 0, 1, 123], // a type: () -> v128
  ...[3, 2, 1, 0], // a function of this type
  ...[10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11], // i8x16.relaxed_swizzle of two splats
];

/** Whether this engine runs WebAssembly's relaxed SIMD: Node from version 21 on, Node 20 behind a flag. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(new Uint8Array(RELAXED_PROBE));
}

const compiled = new Map<string, WebAssembly.Module>();

/**
 * The compiled kernels, which hold no state: compiled once, shared by all instances.
 *
 * @returns undefined where the engine has no SIMD
 */
export function kernelModule(relaxed: boolean): WebAssembly.Module | undefined {
  const base64 = relaxed ? relaxedBase64 : simdBase64;
  let module = compiled.get(base64);
  if (module !== undefined) return module;
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return undefined;
  module = new WebAssembly.Module(bytes);
  compiled.set(base64, module);
  return module;
}
