import type * as tf from "@tensorflow/tfjs-core";
import { guarded } from "../../core/wasm-guard.ts";
import { kernelModule } from "./kernel-module.ts";
import { PackedWeights } from "./packed-weights.ts";
import type { KernelExports, WasmBackend } from "./wasm-backend.ts";

/** Bytes at whose multiples memory begins: a line of the processor's cache. */
const LINE = 64;

/**
 * The memory of one backend, and the kernels at work in it. Addresses stay valid when the memory grows; the kernels hold
 * no view of it.
 */
export class WasmMemory {
  readonly kernels: KernelExports;
  readonly packed: PackedWeights;
  /** WORK_BYTES for whatever runs at the moment. */
  readonly work: number;
  readonly #backend: WasmBackend;

  private constructor(backend: WasmBackend, kernels: KernelExports) {
    this.#backend = backend;
    this.kernels = kernels;
    this.packed = new PackedWeights(this, backend);
    this.work = this.allocate(kernels.WORK_BYTES.value as number).address;
  }

  /** @returns undefined where the backend's memory is not to be had (its threaded build) or the engine has no SIMD */
  static of(backend: WasmBackend, relaxedSimd: boolean): WasmMemory | undefined {
    const known = memories.get(backend);
    if (known?.has(relaxedSimd)) return known.get(relaxedSimd);
    const memory = Object.values(backend.wasm.asm ?? {}).find((value) => value instanceof WebAssembly.Memory);
    const module = kernelModule(relaxedSimd);
    const usable = memory?.buffer instanceof ArrayBuffer && module !== undefined;
    const made = usable
      ? new WasmMemory(backend, guardedExports(backend, new WebAssembly.Instance(module, { env: { memory } }).exports))
      : undefined;
    if (known === undefined) memories.set(backend, new Map([[relaxedSimd, made]]));
    else known.set(relaxedSimd, made);
    return made;
  }

  /** Where a tensor's values lie; 0 for none. */
  addressOf(tensor: tf.TensorInfo | undefined): number {
    return tensor === undefined ? 0 : this.#backend.getMemoryOffset(tensor.dataId);
  }

  /** A tensor whose values are still to be written. */
  output(shape: number[]): tf.TensorInfo {
    return this.#backend.makeOutput(shape, "float32");
  }

  /** A tensor for new values in place of a tensor's: in its own memory where nobody else holds them. */
  successor(tensor: tf.TensorInfo): tf.TensorInfo {
    const { dataId, shape, dtype } = tensor;
    this.addressOf(tensor); // Values that another backend has come here; only then is it known who holds them.
    if (this.#backend.refCount(dataId) > 1) return this.output(shape);
    this.packed.drop(dataId);
    this.#backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** Memory that `free` gives back. */
  allocate(bytes: number): { readonly address: number; free(): void } {
    const { wasm } = this.#backend;
    const begin = wasm._malloc(bytes + LINE) >>> 0;
    return { address: Math.ceil(begin / LINE) * LINE, free: () => wasm._free(begin) };
  }

  /** Gives memory for the time of a call, a piece for each number of bytes. */
  withScratch<Result>(sizes: readonly number[], use: (...addresses: number[]) => Result): Result {
    const places: number[] = [];
    let total = 0;
    for (const bytes of sizes) {
      places.push(total);
      total += Math.ceil(bytes / LINE) * LINE;
    }
    const { address, free } = this.allocate(total);
    try {
      return use(...places.map((place) => address + place));
    } finally {
      free();
    }
  }
}

function guardedExports(backend: WasmBackend, exports: WebAssembly.Exports): KernelExports {
  const each = Object.entries(exports).map(([name, value]) => {
    return [name, typeof value === "function" ? guarded(backend, value as (...given: unknown[]) => unknown) : value];
  });
  return Object.fromEntries(each) as KernelExports;
}

/** Backends come and go; each has one memory, with at most two sets of kernels in it. */
const memories = new WeakMap<WasmBackend, Map<boolean, WasmMemory | undefined>>();
