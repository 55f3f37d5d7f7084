import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { afterAll, beforeAll, describe, test } from "vitest";
import { registerKernels, unregisterKernels } from "../../src/kernels/index.ts";

const SOFTWARE_VULKAN = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Why WebGPU cannot be had here, or undefined when it can and its backend is registered. */
async function missingWebGpu(): Promise<string | undefined> {
  if (process.env["VK_DRIVER_FILES"] === undefined && existsSync(SOFTWARE_VULKAN)) {
    process.env["VK_DRIVER_FILES"] = SOFTWARE_VULKAN;
    process.env["VK_ICD_FILENAMES"] = SOFTWARE_VULKAN;
  }
  process.env["XDG_RUNTIME_DIR"] ??= "/tmp";
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) return "no adapter (a GPU, or Debian's packages chromium and libvulkan1)";
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  await import("@tensorflow/tfjs-backend-webgpu");
  return undefined;
}

const missing = new Map<string, string>();
const reason = await missingWebGpu();
if (reason !== undefined) missing.set("webgpu", reason);
/** The backends that this machine has. */
export const PRESENT_BACKENDS: readonly string[] = ["cpu", "wasm", "webgpu"].filter((name) => !missing.has(name));

for (const name of process.env["REQUIRED_BACKENDS"]?.split(",") ?? []) {
  if (!PRESENT_BACKENDS.includes(name))
    throw new Error(`Backend ${name} is required here. It is missing: ${missing.get(name)}.`);
}

/** Backends that have kernels of ours: a suite runs on them a second time, with these. */
const WITH_KERNELS: readonly string[] = ["wasm", "webgpu"];

/** WebGPU, in software as a rule, is the slowest backend by far: `npm test` leaves its suites to `npm run test:slow`. */
const TAGS: Readonly<Record<string, string[]>> = { webgpu: ["slow"] };

/**
 * Runs a suite once on every backend that this machine has, and with our own kernels where it has some; one that it lacks
 * is reported by name.
 *
 * @param only for what no backend can change: the backends that are enough
 */
export function describeOnBackends(
  title: string,
  suite: (backend: string, hasKernels: boolean) => void,
  only: readonly string[] = ["cpu", "wasm", "webgpu"],
): void {
  for (const name of only) {
    describeOnBackend(name, title, (backend) => suite(backend, false));
    if (!PRESENT_BACKENDS.includes(name) || !WITH_KERNELS.includes(name)) continue;
    describe(`${title} on ${name} with kernels`, { tags: TAGS[name] ?? [] }, () => {
      beforeAll(async () => {
        await start(name);
        registerKernels();
      });
      afterAll(unregisterKernels);
      suite(name, true);
    });
  }
}

/** Runs a suite on one backend, without our own kernels; if this machine lacks it, that is reported. */
export function describeOnBackend(name: string, title: string, suite: (backend: string) => void): void {
  const why = missing.get(name);
  if (why !== undefined) test.skip(`${title} on ${name}: ${why}`);
  else {
    describe(`${title} on ${name}`, { tags: TAGS[name] ?? [] }, () => {
      beforeAll(() => start(name));
      suite(name);
    });
  }
}

async function start(name: string): Promise<void> {
  await tf.setBackend(name);
  await tf.ready();
}
