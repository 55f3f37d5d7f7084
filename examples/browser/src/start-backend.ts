import plainWasm from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simdWasm from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threadedWasm from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import * as tf from "@tensorflow/tfjs-core";
import { registerKernels } from "multimodal-video-tag/kernels";
import { BACKEND_TITLES, type Backend } from "./messages.ts";

/** Each backend is loaded when it is asked for, from the page's own files. */
const REGISTER: Readonly<Record<Backend, () => Promise<void>>> = {
  async webgpu() {
    if (globalThis.navigator.gpu === undefined) throw new Error("this browser has no WebGPU, or not at this address.");
    if ((await navigator.gpu.requestAdapter()) === null)
      throw new Error("this browser offers no graphics card to WebGPU.");
    await import("@tensorflow/tfjs-backend-webgpu");
  },
  async wasm() {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths({
      "tfjs-backend-wasm.wasm": plainWasm,
      "tfjs-backend-wasm-simd.wasm": simdWasm,
      "tfjs-backend-wasm-threaded-simd.wasm": threadedWasm,
    });
  },
  async webgl() {
    if (new OffscreenCanvas(1, 1).getContext("webgl2") === null) throw new Error("this browser has no WebGL here.");
    await import("@tensorflow/tfjs-backend-webgl");
  },
};

/** @throws Error whose message is a sentence, when the backend cannot be had */
export async function startBackend(backend: Backend): Promise<void> {
  tf.enableProdMode();
  try {
    await REGISTER[backend]();
    registerKernels();
    if (!(await tf.setBackend(backend))) throw new Error("it does not start.");
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`${BACKEND_TITLES[backend]} cannot be used: ${problem}`, { cause: error });
  }
}
