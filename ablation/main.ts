/**
 * Trains the rows of the ablation in planted worlds and writes what came out. A model that stands in the results file
 * already is not trained again, so that the program can be stopped at any time.
 *
 *     npm run ablation                                  hours: every model of the plan, ablation/results.jsonl, docs/ablation.md
 *     npm run ablation -- --page-only                   writes the page from the results that are there
 *     npm run ablation -- --smoke --output FOLDER       seconds: tiny models, results.jsonl and ablation.md in FOLDER
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { useBackend } from "../src/node/index.ts";
import { writePage } from "./page.ts";
import { FULL_PLAN, type Plan, SMOKE_PLAN } from "./plan.ts";
import { drawVideos, plantedData } from "./planted-data.ts";
import { appendResult, type Result, readResults } from "./results.ts";
import { runOnce } from "./run.ts";
import type { WorldResults } from "./summary.ts";

const { values: options } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    output: { type: "string" },
    "page-only": { type: "boolean", default: false },
  },
});
if (options.smoke && options.output === undefined) throw new Error("--smoke needs --output: it shows nothing.");
const plan = options.smoke ? SMOKE_PLAN : FULL_PLAN;
if (options.output !== undefined) await mkdir(options.output, { recursive: true });
const resultsFile = join(options.output ?? "ablation", "results.jsonl");

await useBackend("wasm");
const results = await readResults(resultsFile, plan.setting);
if (!options["page-only"]) await runAll(plan, results, resultsFile);
const page = options.output === undefined ? join("docs", "ablation.md") : join(options.output, "ablation.md");
await writeFile(page, writePage(plan, worldsOf(plan, results)));
console.log(`${page} is written.`);

/** Trains what is missing, stage by stage and seed by seed. */
async function runAll({ setting, stages }: Plan, results: Result[], file: string): Promise<void> {
  const videos = { train: setting.trainVideos, valid: setting.validVideos };
  for (const { world, seeds, rows } of stages) {
    const missing = seeds
      .flatMap((seed) => rows.map((row) => ({ world, row, seed })))
      .filter((run) => !results.some(({ world, row, seed }) => isSame(run, { world, row, seed })));
    if (missing.length === 0) continue;
    const data = await plantedData(world, setting.world, videos);
    for (const run of missing) {
      const result = await runOnce(run, data, setting);
      await appendResult(file, result);
      results.push(result);
      const hits = (100 * result.hits.split("1").length - 100) / result.hits.length;
      const { row, seed, seconds } = result;
      console.log(`world ${world}, seed ${seed}, ${row}: Hit@1 ${hits.toFixed(2)}, ${seconds.toFixed(0)} s`);
    }
  }
}

/** The results that belong to the plan, by world in its order, with the videos that measured them. */
function worldsOf({ setting, stages }: Plan, results: readonly Result[]): WorldResults[] {
  const videos = { train: setting.trainVideos, valid: setting.validVideos };
  return [...new Set(stages.map(({ world }) => world))].flatMap((world) => {
    const own = results.filter((result) => result.world === world);
    return own.length === 0 ? [] : [{ world, results: own, valid: drawVideos(world, setting.world, videos).valid }];
  });
}

type Run = Pick<Result, "world" | "row" | "seed">;

function isSame(a: Run, b: Run): boolean {
  return a.world === b.world && a.row === b.row && a.seed === b.seed;
}
