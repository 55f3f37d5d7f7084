import { hasRelaxedSimd } from "./wasm/kernel-module.ts";
import { registerWasmKernels, removeWasmKernels } from "./wasm/wasm-kernels.ts";
import { registerWebGpuKernels, removeWebGpuKernels } from "./webgpu/webgpu-kernels.ts";

export { hasRelaxedSimd };

export interface KernelOptions {
  /**
   * Whether to multiply and add in one rounding where the engine can: faster, but the last bits depend on the processor.
   * Default: as the engine can.
   */
  readonly relaxedSimd?: boolean;
}

let registered: Required<KernelOptions> | undefined;

/** How the kernels were registered, so that another thread can register them alike; undefined when they are not. */
export function registeredKernels(): Required<KernelOptions> | undefined {
  return registered;
}

/**
 * From now on the operations of this library run in kernels of its own on the backends that have some (wasm, webgpu): the
 * same results and gradients but for the last bits, faster. On every other backend, on the wasm backend's threaded build
 * and in engines without SIMD nothing changes. It may be called at any time, and again.
 */
export function registerKernels({ relaxedSimd = hasRelaxedSimd() }: KernelOptions = {}): void {
  registered = { relaxedSimd: relaxedSimd && hasRelaxedSimd() };
  registerWasmKernels(registered.relaxedSimd);
  registerWebGpuKernels();
}

/** From now on the operations are composed of TensorFlow.js's own again. */
export function unregisterKernels(): void {
  registered = undefined;
  removeWasmKernels();
  removeWebGpuKernels();
}
