import { existsSync, readdirSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { withoutNewListeners } from "../core/process-listeners.ts";
import { guardBackend } from "../core/wasm-guard.ts";
import { VideoTagError } from "../formats/video-tag-error.ts";

/** A backend that was asked for by name cannot be had. */
export class BackendError extends VideoTagError {
  override readonly name = "BackendError";
  override readonly code = "ERR_BACKEND";
}

/**
 * Computes on the backend that promises most here: `webgpu` where the packages `webgpu` and
 * `@tensorflow/tfjs-backend-webgpu` are installed and find a graphics card, else `wasm`, else `cpu`. A software adapter
 * is no graphics card: it computes the same many times slower than wasm.
 *
 * @returns its name
 */
export async function defaultBackend(): Promise<string> {
  const problems: string[] = [];
  for (const name of [...((await hasGraphicsCard()) ? ["webgpu"] : []), "wasm", "cpu"]) {
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
    const isStarted = await withoutNewListeners(() => withoutConsole(() => tf.setBackend(name)));
    if (!isStarted) return "it does not start on this machine.";
    guardBackend();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const isMissing = "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    return isMissing ? "its npm package is not installed, or one that it needs." : error.message;
  }
}

/** A backend that does not start says so on the console, in several lines; a sentence of ours says it anyway. */
async function withoutConsole<Result>(start: () => Promise<Result>): Promise<Result> {
  const { warn, error } = console;
  console.warn = () => {};
  console.error = () => {};
  try {
    return await start();
  } finally {
    Object.assign(console, { warn, error });
  }
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

/** Whether WebGPU would compute on a graphics card. */
async function hasGraphicsCard(): Promise<boolean> {
  const { gpu } = globalThis.navigator ?? {};
  if (gpu === undefined && !(mayHaveDriver() && mayHaveDevice())) return false;
  try {
    const adapter = await (gpu ?? (await import("webgpu")).create([])).requestAdapter();
    return adapter?.info.isFallbackAdapter === false;
  } catch {
    return false; // such as when the package is not installed
  }
}

/** Where Linux keeps the descriptions of its Vulkan drivers, and what may name others. */
const VULKAN_FOLDERS = ["/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
const VULKAN_VARIABLES = ["VK_DRIVER_FILES", "VK_ADD_DRIVER_FILES", "VK_ICD_FILENAMES"];

/** Asked for an adapter on a Linux without a driver, the package writes warnings that nobody needs to standard error. */
function mayHaveDriver(): boolean {
  if (process.platform !== "linux") return true;
  const isFilled = (folder: string) => existsSync(folder) && readdirSync(folder).length > 0;
  return VULKAN_FOLDERS.some(isFilled) || VULKAN_VARIABLES.some((name) => process.env[name] !== undefined);
}

/** By what Linux shows a graphics card: kernel drivers, NVIDIA's, and Windows' to its guest. */
const DEVICES = ["/dev/dri", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kgsl-3d0", "/dev/mali0"];

/** Where a driver finds no card, the Vulkan loader writes warnings to standard error that no program can catch. */
function mayHaveDevice(): boolean {
  return process.platform !== "linux" || DEVICES.some((path) => existsSync(path));
}

/** Node has no WebGPU of its own; the npm package `webgpu` brings it. */
async function provideWebGpu(): Promise<void> {
  if (globalThis.navigator?.gpu) return;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) throw new Error("no WebGPU adapter was found.");
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
}
