// Changes good files of every format at random, with a seed, and reads them. A value or a typed error may come, in
// bounded time and memory; anything else is a failure, whose input is kept in crashers/, where a test reads it again.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { mutated } from "./mutation.ts";
import { PARSERS, type Parser, parserNamed } from "./parsers.ts";
import type { FuzzResult, FuzzTask } from "./worker.ts";

const USAGE = `npm run fuzz -- [--seconds N] [--count N] [--seed N] [--only NAME]

  --seconds  for all parsers together (default 60)
  --count    inputs for each parser; without it, as many as the time allows
  --seed     default: another one each time; it is printed
  --only     one parser: ${PARSERS.map(({ name }) => name).join(", ")}
`;

const WORKER = new URL("worker.ts", import.meta.url).href;
/** Seconds without a next input after which a thread is ended. */
const MAX_SILENCE = 30;
/** Megabytes of JavaScript's heap that a thread has. */
const MAX_HEAP = 512;

function numberOf(text: string | undefined, fallback: number): number {
  const number = text === undefined ? fallback : Number(text);
  if (!(number > 0)) throw new RangeError(`${USAGE}\nNumbers must be above 0. Got ${text}.`);
  return number;
}

/** Runs one parser in a thread of its own, which can be ended when it hangs. */
async function run(task: Omit<FuzzTask, "progress">): Promise<FuzzResult> {
  const progress = new SharedArrayBuffer(4);
  const at = new Int32Array(progress);
  Atomics.store(at, 0, task.from);
  // A thread does not take over how this program's TypeScript is read.
  const program = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(WORKER)}); });`;
  const worker = new Worker(program, {
    eval: true,
    workerData: { ...task, progress } satisfies FuzzTask,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
  });
  let last = -1;
  let silence = 0;
  return await new Promise<FuzzResult>((resolve) => {
    const fail = (problem: string) => {
      const index = Atomics.load(at, 0);
      resolve({ inputs: index - task.from, values: 0, errors: 0, slowest: 0, failure: { index, problem } });
    };
    const watch = setInterval(() => {
      const index = Atomics.load(at, 0);
      silence = index === last ? silence + 1 : 0;
      last = index;
      if (silence >= MAX_SILENCE) fail(`It took more than ${MAX_SILENCE} seconds.`);
    }, 1000);
    worker.on("message", (result: FuzzResult) => resolve(result));
    worker.on("error", (error) => fail(error.stack ?? error.message));
    worker.on("exit", () => clearInterval(watch));
  }).finally(() => worker.terminate());
}

/** Keeps an input that failed, as a file for crashers.test.ts. */
function keep({ name, corpus }: Parser, seed: number, index: number): string {
  const folder = new URL(`crashers/${name}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = new URL(`${seed}-${index}`, folder);
  writeFileSync(file, mutated(corpus(), seed, name, index));
  return fileURLToPath(file);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string" },
      count: { type: "string" },
      seed: { type: "string" },
      only: { type: "string" },
    },
  });
  const seed = numberOf(values.seed, Math.floor(Date.now() / 1000));
  const parsers = values.only === undefined ? PARSERS : [parserNamed(values.only)];
  const count = numberOf(values.count, Number.MAX_SAFE_INTEGER);
  const seconds = numberOf(values.seconds, values.count === undefined ? 60 : Number.MAX_SAFE_INTEGER) / parsers.length;
  console.log(`Seed ${seed}.\n`);
  const row = (...cells: readonly (string | number)[]) => {
    console.log(
      cells.map((cell, index) => (index === 0 ? String(cell).padEnd(26) : String(cell).padStart(14))).join(""),
    );
  };
  row("parser", "inputs", "values", "typed errors", "slowest, ms");
  const total = { inputs: 0, values: 0, errors: 0, slowest: 0 };
  let failures = 0;
  for (const parser of parsers) {
    const { failure, ...result } = await run({ seed, name: parser.name, from: 0, seconds, count });
    row(parser.name, result.inputs, result.values, result.errors, Math.round(result.slowest));
    for (const key of ["inputs", "values", "errors"] as const) total[key] += result[key];
    total.slowest = Math.max(total.slowest, result.slowest);
    if (failure === undefined) continue;
    failures++;
    console.log(`\nFailed at input ${failure.index} of seed ${seed}: ${failure.problem}`);
    console.log(`The input is in ${keep(parser, seed, failure.index)}\n`);
  }
  row(`${parsers.length} parsers`, total.inputs, total.values, total.errors, Math.round(total.slowest));
  if (failures > 0) console.log(`\n${failures} failed.`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
