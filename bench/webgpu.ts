/**
 * WebGPU beside wasm on the same machine: ERNIE-base on titles, and a training step of the image's LSTM. Without a GPU it
 * runs on a software driver if there is one, at small sizes, which shows that it works and nothing else.
 *
 *     npm run webgpu --prefix bench
 */
import { RandomStream } from "multimodal-video-tag";
import { BackendError, useBackend } from "multimodal-video-tag/node";
import type { Contender } from "./harness/contender.ts";
import { runContests } from "./harness/workload.ts";
import { ernieFiles } from "./inputs/ernie.ts";
import { lstmFiles } from "./inputs/lstm.ts";

/** The adapter that WebGPU would run on; a sentence when there is none. */
async function adapter(): Promise<{ readonly name: string; readonly isSoftware: boolean } | string> {
  try {
    await useBackend("webgpu");
  } catch (error) {
    if (error instanceof BackendError) return error.message;
    throw error;
  }
  const found = await navigator.gpu.requestAdapter();
  const { vendor = "", architecture = "", description = "" } = found?.info ?? {};
  const name = [vendor, architecture, description].filter((word) => word !== "").join(" ");
  return { name, isSoftware: /swiftshader|llvmpipe|lavapipe|software/i.test(name) };
}

await runContests("webgpu", async ({ smoke }) => {
  const found = await adapter();
  if (typeof found === "string") {
    console.error(found);
    return [];
  }
  const small = smoke || found.isSoftware;
  const note = found.isSoftware ? `A software driver: ${found.name}. Small sizes.` : `On ${found.name}.`;
  const sizes = small
    ? { inputSize: 32, units: 16, batch: 4, time: 5 }
    : { inputSize: 2048, units: 512, batch: 16, time: 60 };
  const [ernie, lstm] = [await ernieFiles({ small }), await lstmFiles(sizes)];
  const random = new RandomStream(3);
  const titles = Array.from({ length: 32 }, () =>
    Array.from({ length: 20 }, () => 1 + random.nextInteger(ernie.config.vocabularySize - 1)),
  );
  const on = (program: string, options: Readonly<Record<string, unknown>>): Contender[] => [
    { name: "ours, WebGPU", program, options: { ...options, backend: "webgpu", kernels: true } },
    { name: "ours, wasm", program, options: { ...options, kernels: true } },
  ];
  return [
    {
      title: "ERNIE on 32 titles of 20 tokens",
      unit: "titles/s",
      cases: [{ name: "32 titles", task: { titles }, pieces: 32 }],
      contenders: on("encoder-ours.ts", ernie),
      tolerance: 1e-3,
      notes: [note],
    },
    {
      title: `A training step of a bidirectional LSTM, batch ${sizes.batch}, T ${sizes.time}, ${sizes.inputSize} -> 2 x ${sizes.units}`,
      unit: "ms",
      cases: [{ name: "training step", task: { ...lstm, training: true } }],
      contenders: on("lstm-ours.ts", {}),
      tolerance: 1e-3,
      notes: [note],
    },
  ];
});
