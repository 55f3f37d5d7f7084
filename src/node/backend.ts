import * as tf from "@tensorflow/tfjs-core";

/** Backends in the order of their speed, of those that work in Node without a set-up. */
const DEFAULTS = ["wasm", "cpu"];

/** A backend that was asked for by name cannot be had. */
export class BackendError extends Error {
  override readonly name = "BackendError";
}

/**
 * Computes on the fastest backend that works here without a set-up.
 *
 * @returns its name
 */
export async function defaultBackend(): Promise<string> {
  const problems: string[] = [];
  for (const name of DEFAULTS) {
    const problem = await startBackend(name);
    if (problem === undefined) return name;
    problems.push(`${name}: ${problem}`);
  }
  throw new BackendError(`No backend works here. ${problems.join(" ")}`);
}

/**
 * Computes on a backend of one's choice.
 *
 * @param name `wasm`, `cpu` or `webgpu`
 * @throws BackendError when it is not known, not installed or does not start
 */
export async function useBackend(name: string): Promise<void> {
  const problem = await startBackend(name);
  if (problem !== undefined) throw new BackendError(`Backend ${name} cannot be used: ${problem}`);
}

/** The backend that computes now, and the version of TensorFlow.js. */
export function backendInUse(): { readonly name: string; readonly version: string } {
  return { name: tf.getBackend(), version: tf.version_core };
}

/** Starts a backend, and brings the gradients that training needs; returns what went wrong. */
async function startBackend(name: string): Promise<string | undefined> {
  const register = REGISTER.get(name);
  if (register === undefined) return `it is not known. Known are ${BACKEND_NAMES.join(", ")}.`;
  // Keeps tfjs from advertising its native backend on the console.
  tf.enableProdMode();
  await import("@tensorflow/tfjs");
  try {
    await register();
    return (await withoutNewListeners(() => tf.setBackend(name))) ? undefined : "it does not start on this machine.";
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const isMissing = "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    return isMissing ? "its npm package is not installed, or one that it needs." : error.message;
  }
}

/**
 * tfjs's wasm module catches every exception of the process that nobody catches, to throw it again: a crash would show
 * the module's minified source in place of its own line, and exit with 7.
 */
async function withoutNewListeners<Result>(start: () => Promise<Result>): Promise<Result> {
  const events = ["uncaughtException", "unhandledRejection"];
  const before = events.map((event) => process.listeners(event as NodeJS.Signals));
  const result = await start();
  for (const [index, event] of events.entries()) {
    for (const listener of process.listeners(event as NodeJS.Signals)) {
      if (!before[index]?.includes(listener)) process.removeListener(event, listener);
    }
  }
  return result;
}

const REGISTER = new Map<string, () => Promise<unknown>>([
  ["wasm", () => import("@tensorflow/tfjs-backend-wasm")],
  ["cpu", async () => undefined],
  [
    "webgpu",
    async () => {
      await provideWebGpu();
      await import("@tensorflow/tfjs-backend-webgpu");
    },
  ],
]);

/** What a backend can be asked for by. */
export const BACKEND_NAMES: readonly string[] = [...REGISTER.keys()];

/** Node has no WebGPU of its own; the npm package `webgpu` brings it. */
async function provideWebGpu(): Promise<void> {
  if (globalThis.navigator?.gpu) return;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) throw new Error("no WebGPU adapter was found.");
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
}
