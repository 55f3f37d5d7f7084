import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { rebuildBackend } from "../../src/core/wasm-guard.ts";

/** What tfjs's types leave out. */
interface Module {
  readonly asm: { readonly memory: WebAssembly.Memory };
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  readonly HEAP32: Int32Array;
  ___errno_location(): number;
}

/** How a fresh wasm backend gets its memory in a test. */
export class WasmAllocations {
  /** How many there were. */
  count = 0;
  /** Which of them fails, once; counted from 1. */
  failing: number | undefined;
  #module: Module | undefined;
  #malloc: ((bytes: number) => number) | undefined;
  #release: (() => void) | undefined;

  /** Makes the wasm backend anew, so that its allocations can be counted and made to fail; `end` gives it back. */
  static async start(): Promise<WasmAllocations> {
    const allocations = new WasmAllocations();
    await tf.setBackend("wasm");
    const { registryFactory } = tf.engine();
    const registered = registryFactory["wasm"] as (typeof registryFactory)[string];
    registryFactory["wasm"] = {
      ...registered,
      factory: async () => {
        const backend = (await registered.factory()) as BackendWasm;
        allocations.#takeHold(backend.wasm as unknown as Module);
        return backend;
      },
    };
    allocations.#release = () => {
      registryFactory["wasm"] = registered;
    };
    await rebuildBackend();
    return allocations;
  }

  /** Counts from here, and lets one fail. */
  failAt(number: number | undefined): void {
    this.count = 0;
    this.failing = number;
  }

  /** From now on the memory does not grow, and of what it has so many bytes in one piece are free, and small ones. */
  leave(bytes: number): void {
    const { asm, HEAP32, ___errno_location } = this.#module as Module;
    const malloc = this.#malloc as (bytes: number) => number;
    asm.memory.grow = () => {
      throw new RangeError("This memory does not grow.");
    };
    const kept = malloc(bytes);
    for (let size = 2 ** 24; size >= 64; size /= 2) while (malloc(size) !== 0);
    this.#module?._free(kept);
    // As if nobody had asked in vain.
    HEAP32[___errno_location() >>> 2] = 0;
  }

  async end(): Promise<void> {
    this.#release?.();
    await rebuildBackend();
  }

  #takeHold(module: Module): void {
    // Emscripten puts another function in the place of this one when it is first called.
    module._free(module._malloc(1));
    const malloc = module._malloc;
    this.#module = module;
    this.#malloc = malloc;
    module._malloc = (bytes) => (++this.count === this.failing ? 0 : malloc(bytes));
  }
}

/** Reads a tensor's values where they lie, whatever state its backend is in: a copy. */
export function valuesInMemory(tensor: tf.Tensor): Float32Array {
  const { dataIdMap, wasm } = tf.backend() as unknown as {
    readonly dataIdMap: tf.DataStorage<{ readonly memoryOffset: number }>;
    readonly wasm: Module;
  };
  return new Float32Array(wasm.HEAPU8.buffer, dataIdMap.get(tensor.dataId).memoryOffset, tensor.size).slice();
}
