/**
 * How long it takes to begin: ERNIE-base from its file to the first title, and the import of each entry of the package.
 *
 *     npm run start-up --prefix bench
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeMachine } from "./harness/machine.ts";
import { parseOptions } from "./harness/options.ts";
import { figureOf, printReport, type Table } from "./harness/report.ts";
import { ernieFiles } from "./inputs/ernie.ts";

const { format, smoke, rounds = smoke ? 1 : 5 } = parseOptions();
const run = (words: readonly string[]): string => execFileSync(process.execPath, words, { encoding: "utf8" });

const { weights, config } = await ernieFiles({ small: smoke });
const firstTitle = fileURLToPath(new URL("contenders/first-title.ts", import.meta.url));
const starts: number[][] = Array.from({ length: rounds }, () =>
  JSON.parse(run(["--import", "tsx", firstTitle, weights, JSON.stringify(config)])),
);
const steps = ["Node and imports", "backend", "loading", "first title", "file to first title"];

const root = fileURLToPath(new URL("..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
/** The time that an import takes, within a process that has only just begun. */
const importing = (entry: string): number => {
  const name = entry.replace(".", "multimodal-video-tag");
  const code = `const begin = performance.now(); await import("${name}"); console.log(performance.now() - begin);`;
  return Number(run(["--input-type=module", "--eval", code]));
};

const table = (title: string, cases: string[], figures: number[][]): Table => ({
  ...{ title, unit: "ms", cases, notes: [] },
  rows: [{ name: "ours", figures: figures.map(figureOf) }],
});
const tables = [
  table(
    "ERNIE-base from safetensors to the first title of 20 tokens, wasm with kernels",
    steps,
    steps.map((_, index) => starts.map((start) => start[index] as number)),
  ),
  table(
    "Import of each entry, with @tensorflow/tfjs-core where it needs it",
    entries,
    entries.map((entry) => Array.from({ length: rounds }, () => importing(entry))),
  ),
];
printReport({ workload: "start-up", machine: describeMachine(), versions: {}, tables }, format);
