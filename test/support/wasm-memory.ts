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
}

/** How a fresh wasm backend gets its memory in a test. */
export class WasmAllocations {
  /** How many there were. */
  count = 0;
  /** Which of them fails, once; counted from 1. */
  failing: number | undefined;
  /** Whether the memory may grow: if not, a request fails when what is free does not do, whoever makes it. */
  mayGrow = true;
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

  async end(): Promise<void> {
    this.#release?.();
    await rebuildBackend();
  }

  #takeHold(module: Module): void {
    // Emscripten puts another function in the place of this one when it is first called.
    module._free(module._malloc(1));
    const malloc = module._malloc;
    module._malloc = (bytes) => (++this.count === this.failing ? 0 : malloc(bytes));
    const { memory } = module.asm;
    const grow = memory.grow.bind(memory);
    memory.grow = (pages) => {
      if (!this.mayGrow) throw new RangeError("This memory does not grow.");
      return grow(pages);
    };
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
