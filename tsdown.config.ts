import { defineConfig } from "tsdown";

const rooms = [
  "layers",
  "models",
  "data",
  "formats",
  "metrics",
  "training",
  "tagging",
  "paddle",
  "keras",
  "kernels",
  "onnx",
  "node",
  "runs",
  "project",
];

export default defineConfig({
  entry: {
    index: "src/index.ts",
    cli: "src/cli/cli.ts",
    worker: "src/node/workers/worker.ts",
    ...Object.fromEntries(rooms.map((room) => [room, `src/${room}/index.ts`])),
  },
  format: "esm",
  platform: "neutral",
  target: "es2022",
  dts: { oxc: true },
  fixedExtension: false,
  deps: {
    neverBundle: [
      /^node:/,
      /^@tensorflow\//,
      "cli-progress",
      "@commander-js/extra-typings",
      "ernie-tokenizer-wasm",
      "fastest-levenshtein",
      "fs-native-extensions",
      "pbf",
      "webgpu",
    ],
  },
});
