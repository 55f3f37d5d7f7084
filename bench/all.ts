/**
 * Every workload, one after another, each in a process of its own.
 *
 *     npm run all --prefix bench -- --markdown > figures.md
 *     npm run smoke --prefix bench
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const WORKLOADS = [
  ...["tokenizer", "encoder", "lstm", "products", "optimizer", "train-step", "workers"],
  ...["predict", "start-up", "memory", "webgpu", "growth"],
];

const words = process.argv.slice(2);
const failed: string[] = [];
for (const workload of WORKLOADS) {
  const program = fileURLToPath(new URL(`${workload}.ts`, import.meta.url));
  if (!existsSync(program)) continue;
  if (!words.includes("--json")) console.log(`\n## ${workload}\n`);
  const { status } = spawnSync(process.execPath, ["--import", "tsx", program, ...words], { stdio: "inherit" });
  if (status !== 0) failed.push(workload);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(", ")}.`);
  process.exitCode = 1;
}
