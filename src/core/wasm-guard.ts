import * as tf from "@tensorflow/tfjs-core";
import { BackendFailedError, BackendMemoryError } from "./errors.ts";
import { withoutNewListeners } from "./process-listeners.ts";

/** A function of the wasm module. */
type WasmCall = (...numbers: never[]) => unknown;

/** What the guard takes hold of in TensorFlow.js's BackendWasm. */
interface WasmBackend extends tf.KernelBackend {
  wasm: WasmModule;
  getMemoryOffset(dataId: object): number;
}

/** Emscripten's module, as far as the guard needs it. */
interface WasmModule {
  /** Another array when the memory has grown. */
  readonly HEAP32: Int32Array;
  readonly tfjs: { registerTensor: WasmCall; disposeData: WasmCall };
  cwrap: (...described: never[]) => WasmCall;
  _malloc: (bytes: number) => number;
  _free: (address: number) => void;
  /** What Emscripten calls before it writes "Aborted" to the console and throws. */
  onAbort?: () => void;
  ___errno_location(): number;
}

/** What malloc writes to errno when it has no memory: ENOMEM as WASI numbers it. */
const NO_MEMORY = 48;

/** What Emscripten lets a memory grow to. A number beyond 32 bits would be cut to them on its way to malloc. */
const MAX_BYTES = 4_294_901_760;

const ADVICE = "Smaller batches or shorter videos need less.";

const guards = new WeakMap<object, WasmGuard>();

/**
 * Makes the current backend refuse to go on after a failure, if it is `wasm`. TensorFlow.js takes address 0 for memory
 * when there is none left, and computes on after a crash: every later result may be wrong, and parameters may be overwritten.
 *
 * The operation that fails throws BackendMemoryError or BackendFailedError. From then on every operation, and every
 * reading of values, throws BackendFailedError; tensors can only be disposed of. `rebuildBackend` makes the backend anew.
 *
 * This library's parameters and operations call it themselves.
 *
 * @returns the current backend
 */
export function guardBackend(): tf.KernelBackend {
  const backend = tf.backend();
  if (guards.has(backend) || !isWasm(backend)) return backend;
  guards.set(backend, new WasmGuard(backend));
  // The kernels have taken their functions from the module already: now they take the guarded ones.
  for (const { setupFunc } of tf.getKernelsForBackend(tf.getBackend())) setupFunc?.(backend);
  return backend;
}

/** A function that works in the memory of a guarded backend, guarded as the backend's own are. */
export function guarded<Given extends unknown[], Result>(
  backend: object,
  call: (...given: Given) => Result,
): (...given: Given) => Result {
  return guards.get(backend)?.guarded(call) ?? call;
}

/**
 * Removes the current backend with all that it holds, and starts it anew. Tensors and modules of before are lost: dispose
 * of them, which frees its memory; every other use of them throws BackendFailedError. Load taggers anew.
 *
 * @throws BackendFailedError when it does not start again
 */
export async function rebuildBackend(): Promise<void> {
  const name = tf.getBackend();
  const registered = tf.engine().registryFactory[name];
  if (registered === undefined) throw new BackendFailedError("There is no backend to make anew.");
  tf.removeBackend(name);
  tf.registerBackend(name, registered.factory, registered.priority);
  const isStarted = await withoutNewListeners(() => tf.setBackend(name));
  if (!isStarted) throw new BackendFailedError(`The ${name} backend does not start again.`);
  guardBackend();
}

function isWasm(backend: tf.KernelBackend): backend is WasmBackend {
  return typeof (backend as Partial<WasmBackend>).wasm?._malloc === "function";
}

class WasmGuard {
  readonly #backend: WasmBackend;
  /** Where errno lies in HEAP32. */
  readonly #errno: number;
  #failure: Error | undefined;

  constructor(backend: WasmBackend) {
    const { wasm } = backend;
    this.#backend = backend;
    this.#errno = wasm.___errno_location() >>> 2;
    // The module puts another function in the place of this one when it is first called.
    wasm._free(wasm._malloc(1));
    const malloc = wasm._malloc;
    wasm._malloc = (bytes) => {
      const address = bytes <= MAX_BYTES ? this.#run(malloc, [bytes]) : 0;
      if (address !== 0) return address;
      const problem = `The wasm backend has no ${bytes} bytes of memory left. ${ADVICE}`;
      throw this.#fail(new BackendMemoryError(problem));
    };
    const cwrap = wasm.cwrap;
    wasm.cwrap = (...described) => this.guarded(cwrap(...described));
    wasm.tfjs.registerTensor = this.guarded(wasm.tfjs.registerTensor);
    wasm.tfjs.disposeData = this.guarded(wasm.tfjs.disposeData);
    wasm.onAbort = () => {
      throw new Error("Aborted()");
    };
    const { getMemoryOffset, readSync } = backend;
    backend.getMemoryOffset = (dataId) => {
      this.#expectSound();
      return getMemoryOffset.call(backend, dataId);
    };
    backend.readSync = (...range) => {
      this.#expectSound();
      return readSync.apply(backend, range);
    };
    backend.dispose = () => {
      this.#fail(new BackendFailedError("The wasm backend was removed."));
      // Its memory is free as soon as nobody holds the module.
      const { _free, tfjs } = wasm;
      backend.wasm = { _free, tfjs } as WasmModule;
    };
  }

  /** The function, which throws when the backend has failed, or fails in it. */
  guarded<Given extends unknown[], Result>(call: (...given: Given) => Result): (...given: Given) => Result {
    return (...given) => {
      const result = this.#run(call, given);
      // Some operations go on without the memory that they asked for.
      if (this.#hasRunOut()) throw this.#fail(outOfMemory());
      return result;
    };
  }

  #run<Given extends unknown[], Result>(call: (...given: Given) => Result, given: Given): Result {
    this.#expectSound();
    try {
      return call(...given);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw this.#fail(this.#hasRunOut() ? outOfMemory() : new BackendFailedError(`The wasm backend failed: ${cause}`));
    }
  }

  #hasRunOut(): boolean {
    return this.#backend.wasm.HEAP32[this.#errno] === NO_MEMORY;
  }

  #expectSound(): void {
    if (this.#failure === undefined) return;
    throw new BackendFailedError(
      `The wasm backend must be made anew, and what it held be loaded anew. ${this.#failure.message}`,
    );
  }

  /** From now on nothing is computed or read. Tensors can be disposed of, but its memory is not touched any more. */
  #fail<Failure extends Error>(failure: Failure): Failure {
    this.#failure ??= failure;
    const { wasm } = this.#backend;
    wasm._free = () => {};
    wasm.tfjs.disposeData = () => {};
    return failure;
  }
}

/** Of an operation that asked for memory itself: how much, it does not say. */
function outOfMemory(): BackendMemoryError {
  return new BackendMemoryError(`The wasm backend has run out of memory within an operation. ${ADVICE}`);
}
