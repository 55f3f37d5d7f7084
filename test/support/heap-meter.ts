import * as tf from "@tensorflow/tfjs-core";

interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/**
 * Counts what is allocated in the wasm backend's memory while something runs.
 *
 * @returns the most bytes that were allocated at one time, beyond what was there before
 */
export async function peakOfHeap(work: () => Promise<unknown>): Promise<number> {
  const { wasm } = tf.backend() as unknown as { readonly wasm: Allocator };
  // Emscripten puts the functions themselves in place of stubs when these are called for the first time.
  wasm._free(wasm._malloc(8));
  const { _malloc, _free } = wasm;
  const sizes = new Map<number, number>();
  let [live, peak] = [0, 0];
  wasm._malloc = (bytes) => {
    const address = _malloc(bytes);
    sizes.set(address, bytes);
    live += bytes;
    peak = Math.max(peak, live);
    return address;
  };
  wasm._free = (address) => {
    live -= sizes.get(address) ?? 0;
    sizes.delete(address);
    _free(address);
  };
  try {
    await work();
    return peak;
  } finally {
    Object.assign(wasm, { _malloc, _free });
  }
}
