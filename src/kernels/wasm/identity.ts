import * as tf from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./wasm-backend.ts";

const BACKEND = "wasm";

/** What TensorFlow.js's backend itself registered, to be put back. */
let ofBackend: tf.KernelConfig | undefined;

/**
 * From now on a clone on the wasm backend is a second name for the same values, as on every other backend; its own kernel
 * copies them. The tape clones all that a gradient needs, so a training step takes less than half of the memory.
 */
export function registerIdentity(): void {
  if (ofBackend !== undefined) return;
  ofBackend = tf.getKernel(tf.Identity, BACKEND);
  if (ofBackend === undefined) return; // The backend is not there: nothing is cloned on it.
  tf.unregisterKernel(tf.Identity, BACKEND);
  tf.registerKernel({
    kernelName: tf.Identity,
    backendName: BACKEND,
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs["x"] as tf.TensorInfo;
      (backend as WasmBackend).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
}

/** From now on a clone is a copy again. */
export function removeIdentity(): void {
  if (ofBackend === undefined) return;
  tf.unregisterKernel(tf.Identity, BACKEND);
  tf.registerKernel(ofBackend);
  ofBackend = undefined;
}
