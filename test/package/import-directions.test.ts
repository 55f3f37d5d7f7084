import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const SOURCE = new URL("../../src", import.meta.url).pathname;

/** For each room of src the rooms that it may import. `index` is the file of all public names. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ["formats"],
  formats: [],
  metrics: [],
  ops: ["core"],
  layers: ["core", "ops", "formats"],
  kernels: ["core", "ops"],
  models: ["core", "ops", "layers", "formats"],
  data: ["core", "formats"],
  tagging: ["core", "layers", "models", "data", "formats", "metrics"],
  keras: ["core", "layers", "models"],
  onnx: ["core", "layers", "models", "formats", "tagging"],
  report: ["formats", "metrics", "tagging"],
  training: ["core", "ops", "models", "data", "metrics", "tagging"],
  paddle: ["core", "layers", "models", "data", "formats", "tagging", "training"],
  index: ["core", "formats"],
  node: ["core", "kernels", "models", "data", "formats", "tagging", "training", "paddle"],
  runs: ["core", "models", "formats", "tagging", "training", "report", "node"],
  project: [
    "core",
    "layers",
    "models",
    "data",
    "formats",
    "metrics",
    "tagging",
    "training",
    "report",
    "paddle",
    "node",
    "runs",
  ],
  planted: ["core", "models", "formats", "project"],
  cli: [
    ...["core", "kernels", "formats", "metrics", "data", "tagging", "training", "report", "onnx"],
    ...["paddle", "node", "runs", "project", "planted"],
  ],
};

/** Rooms that may use what only Node has: all others run in a browser too. */
const NODE_ROOMS: readonly string[] = ["node", "runs", "project", "planted", "cli"];

/** Packages that only these rooms may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@tensorflow/tfjs-core": [
    "core",
    "ops",
    "layers",
    "kernels",
    "models",
    "data",
    "tagging",
    "training",
    "keras",
    "onnx",
    "node",
  ],
  "@tensorflow/tfjs": ["node"],
  "@tensorflow/tfjs-layers": ["keras"],
  "@tensorflow/tfjs-backend-wasm": ["node"],
  "@tensorflow/tfjs-backend-webgpu": ["kernels", "node"],
  webgpu: ["node"],
  "ernie-tokenizer-wasm": ["tagging"],
  "fastest-levenshtein": ["formats"],
  "fs-native-extensions": ["runs"],
  pbf: ["onnx"],
  "@commander-js/extra-typings": ["cli"],
  "cli-progress": ["cli"],
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(SOURCE, file), "utf8");
  const targets = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
  return targets.map((target) => ({ file, room: roomOf(file), target }));
});

function roomOf(file: string): string {
  const [first = "", ...more] = file.split("/");
  return more.length === 0 ? first.replace(/\.ts$/, "") : first;
}

test("every room of src is known here, and every file of it was read", () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(ALLOWED).sort());
  expect(imports.length).toBeGreaterThan(200);
});

test("rooms import only the rooms below them", () => {
  const wrong = imports
    .filter(({ target }) => target.startsWith("."))
    .map((each) => ({ ...each, to: relative(SOURCE, join(SOURCE, dirname(each.file), each.target)) }))
    .filter(({ to }) => to !== "../package.json" && to !== "../build/embedded-kernels.ts")
    .filter(({ room, to }) => room !== roomOf(to) && !ALLOWED[room]?.includes(roomOf(to)))
    .map(({ file, to }) => `${file} imports ${to}`);
  expect(wrong).toEqual([]);
});

test("node modules and packages are imported where they may be and nowhere else", () => {
  const wrong = imports
    .filter(({ target }) => !target.startsWith("."))
    .filter(({ room, target }) =>
      target.startsWith("node:") ? !NODE_ROOMS.includes(room) : !PACKAGES[target]?.includes(room),
    )
    .map(({ file, target }) => `${file} imports ${target}`);
  expect(wrong).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const edges = new Map(
    files.map((file) => [
      file,
      imports
        .filter((each) => each.file === file && each.target.startsWith("."))
        .map(({ target }) => relative(SOURCE, join(SOURCE, dirname(file), target))),
    ]),
  );
  const state = new Map<string, "open" | "done">();
  const visit = (file: string, path: readonly string[]): void => {
    expect(state.get(file), [...path, file].join(" -> ")).not.toBe("open");
    if (state.get(file) === "done") return;
    state.set(file, "open");
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, "done");
  };
  for (const file of files) visit(file, []);
});
