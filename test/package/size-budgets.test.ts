import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Budget {
  readonly entry: string;
  readonly name: string;
  /** Minified, without TensorFlow.js: what was measured and about a twentieth more, so that growth is a decision. */
  readonly bytes: number;
  /** What it needs; anything more means that a part pulls in its neighbours. */
  readonly why: string;
}

const BUDGETS: readonly Budget[] = [
  {
    entry: "/layers",
    name: "Linear",
    bytes: 10_150,
    why: "the product with a gradient of its own, Module, shape errors, the check of options with the nearest name, the guard of wasm",
  },
  { entry: "/layers", name: "TextCnn", bytes: 12_350, why: "Linear, unfolding in time, the masked maximum" },
  { entry: "/layers", name: "AttentionPooling", bytes: 12_600, why: "Linear, the masked softmax" },
  { entry: "/layers", name: "BidirectionalLstm", bytes: 17_000, why: "the recurrence and its gradient by hand" },
  { entry: "/layers", name: "TransformerBlock", bytes: 15_300, why: "Linear, dropout, normalization, attention" },
  { entry: "/models", name: "ErnieEncoder", bytes: 18_400, why: "TransformerBlock, Embedding" },
  {
    entry: "/models",
    name: "MultimodalTagger",
    bytes: 45_500,
    why: "all layers, ERNIE, the reader of a configuration: no metric",
  },
  { entry: "/metrics", name: "HitAtK", bytes: 1_450, why: "plain arrays alone" },
  { entry: "/metrics", name: "TaggingMetrics", bytes: 13_100, why: "the metrics that it gathers, plain arrays alone" },
  {
    entry: "/formats",
    name: "readSafetensors",
    bytes: 9_750,
    why: "strict JSON, numeric arrays, the check of options: no pickle machine",
  },
  { entry: "/formats", name: "readFeatureFile", bytes: 30_100, why: "the pickle machine with NumPy's constructors" },
  {
    entry: "/training",
    name: "rmsProp",
    bytes: 7_450,
    why: "its step, as a kernel of its own, the check of options, the guard of wasm: no training loop",
  },
  { entry: "/training", name: "train", bytes: 14_250, why: "the loop, AdamW, clipping: no layer, no metric" },
  {
    entry: "/training",
    name: "trainTagger",
    bytes: 42_000,
    why: "train, all losses, evaluation with its metrics: no model, no reader",
  },
  {
    entry: "/tagging",
    name: "VideoTagger",
    bytes: 24_100,
    why: "model inputs, title encodings, batches of similar length and bounded memory, the check of videos: no reader",
  },
  {
    entry: "/tagging",
    name: "readTagger",
    bytes: 147_500,
    why: "VideoTagger, the model, the tokenizer, the readers",
  },
  { entry: "/keras", name: "asKerasLayer", bytes: 53_000, why: "all layers and models: a saved one may be any" },
  {
    entry: "/onnx",
    name: "exportTagger",
    bytes: 21_900,
    why: "graphs, protocol buffers, the check of options: no model, no reader",
  },
  { entry: "/onnx", name: "onnxTitleEncoder", bytes: 750, why: "plain arrays alone: no protocol buffers" },
  { entry: "", name: "padSequences", bytes: 800, why: "the root gives one name alone" },
];

/** Bundles an import as a page's bundler does. */
async function bundle(code: string): Promise<{ readonly bytes: number; readonly packages: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: ROOT },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: ["@tensorflow/*"],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  return { bytes: outputFiles[0]?.contents.length ?? 0, packages: [...new Set(imports.map(({ path }) => path))] };
}

describe("an import brings what it needs and no more", () => {
  test.each(BUDGETS)("$name of .$entry in $bytes bytes: $why", async ({ entry, name, bytes }) => {
    const bundled = await bundle(`import { ${name} } from "multimodal-video-tag${entry}"; globalThis.used = ${name};`);
    expect(bundled.bytes).toBeLessThanOrEqual(bytes);
    expect(bundled.bytes).toBeGreaterThan(bytes * 0.7);
    const tensors = ["@tensorflow/tfjs-core", ...(entry === "/keras" ? ["@tensorflow/tfjs-layers"] : [])];
    expect(bundled.packages.filter((name) => !tensors.includes(name))).toEqual([]);
  });

  test.each(["metrics", "formats"])("the whole of ./%s needs no tensor library", async (entry) => {
    const { packages } = await bundle(`import * as all from "multimodal-video-tag/${entry}"; globalThis.used = all;`);
    expect(packages).toEqual([]);
  });

  test("an import for its effects alone brings nothing: there are none", async () => {
    const entries = [
      "",
      "/layers",
      "/models",
      "/data",
      "/formats",
      "/metrics",
      "/training",
      "/tagging",
      "/keras",
      "/onnx",
    ];
    const { bytes } = await bundle(entries.map((entry) => `import "multimodal-video-tag${entry}";`).join("\n"));
    expect(bytes).toBe(0);
  });
});

test("the unpacked package is under 1.25 MB", () => {
  const words = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [packed] = JSON.parse(execFileSync("npm", words, { cwd: ROOT, encoding: "utf8" })) as [
    { readonly unpackedSize: number; readonly files: readonly { readonly path: string }[] },
  ];
  expect(packed.unpackedSize).toBeLessThan(1_250_000);
  expect(packed.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "dist/index.js", "dist/index.d.ts"]),
  );
});

test("every entry has its types for resolvers that know no exports", async () => {
  const { default: description } = await import("../../package.json", { with: { type: "json" } });
  const entries = Object.keys(description.exports).filter((entry) => entry !== "." && entry !== "./package.json");
  const types = Object.keys(description.typesVersions["*"]).map((entry) => `./${entry}`);
  expect(types.sort()).toEqual(entries.sort());
});
