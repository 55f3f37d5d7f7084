import { registerKernels } from "multimodal-video-tag/kernels";
import { useBackend } from "multimodal-video-tag/node";
import type { Task } from "../harness/serve.ts";
import { versionOf } from "../harness/version-of.ts";

/** Starts the backend that a task names, wasm by default, with our kernels if it wants them; says what is measured. */
export async function startBackend({ backend = "wasm", kernels = false }: Task): Promise<Record<string, string>> {
  await useBackend(String(backend));
  if (kernels) registerKernels();
  return { tfjs: versionOf("@tensorflow/tfjs-core") };
}
