import { join } from "node:path";
import { RandomStream } from "../core/random-stream.ts";
import { readRunMetrics } from "../formats/run-metrics.ts";
import { visible } from "../formats/visible-text.ts";
import { readBytes } from "../node/files.ts";
import { expectWholeRun } from "../runs/run-folder.ts";
import { readRunScores } from "../runs/run-scores.ts";
import type { Program } from "./command-line.ts";
import { compareRuns, type Run, type RunComparison, type RunDifference } from "./run-comparison.ts";
import { percent, type Terminal } from "./terminal.ts";

/** Of the bootstrap: the same runs give the same intervals. */
const SEED = 1;

export function compareCommand(program: Program, terminal: Terminal): void {
  program
    .command("compare")
    .description("Compare runs by what their best checkpoints make of the validation videos.")
    .argument("<run...>", "folders of runs; the others are compared with the first")
    .option("--json", "print JSON")
    .action((runs, { json = false }) => compare(runs as [string, ...string[]], json, terminal));
}

/**
 * Compares finished runs by the scores that their best checkpoints gave the validation videos.
 *
 * @throws FormatError when a file of a run is damaged, FileError when one is missing, MismatchError when the runs cannot
 *   be compared
 */
async function compare(
  [first, ...others]: readonly [string, ...string[]],
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const read: [Run, ...Run[]] = [await readRun(first)];
  for (const folder of others) read.push(await readRun(folder));
  const comparison = compareRuns(read, new RandomStream(SEED));
  if (json) await terminal.printJson(`${JSON.stringify(asJson(comparison), null, 2)}\n`);
  else await terminal.print(asText(comparison));
}

async function readRun(folder: string): Promise<Run> {
  await expectWholeRun(folder, (run) => `${run} in its place`);
  const file = join(folder, "metrics.jsonl");
  const epochs = readRunMetrics(await readBytes(file), { file });
  return { name: folder, epochs, ...(await readRunScores(folder)) };
}

function asJson({ videos, runs, differences }: RunComparison): object {
  return {
    videos,
    runs: runs.map(({ bestEpoch, figures, ...run }) => {
      return { ...run, bestEpoch: bestEpoch ?? null, figures: Object.fromEntries(figures) };
    }),
    differences,
  };
}

function asText({ videos, runs, differences }: RunComparison): string {
  const names = [...(runs[0]?.figures.keys() ?? [])];
  const rows = [
    ["run", "best epoch", ...names],
    ...runs.map(({ run, bestEpoch, figures }) => {
      return [visible(run), String(bestEpoch ?? "-"), ...[...figures].map(([name, value]) => show(name, value))];
    }),
  ];
  const left = runs.filter(({ leftOut }) => leftOut > 0);
  return [
    ...inColumns(rows),
    "",
    `Measured on ${videos} ${runs.length === 1 ? "videos" : "videos that every run has scored"}.`,
    ...left.map(({ run, leftOut }) => `Left out: ${leftOut} videos of ${run} that another run lacks.`),
    ...differences.map(describeDifference),
    "",
  ].join("\n");
}

function describeDifference({ run, first, hitAt1, onlyRun, onlyFirst, pValue }: RunDifference): string {
  const interval = `95 % interval ${points(hitAt1.lower)} to ${points(hitAt1.upper)}`;
  const counts = `${onlyRun} videos hit by it alone, ${onlyFirst} by the other alone`;
  const difference = `Hit@1 ${points(hitAt1.difference)} points (${interval})`;
  return `${run} against ${first}: ${difference}; McNemar p ${chance(pValue)} (${counts}).`;
}

/** Text in the first column, numbers in the others. */
function inColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => {
    return row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  });
}

function show(name: string, value: number): string {
  if (Number.isNaN(value)) return "-";
  return name.startsWith("Hit@") ? percent(value) : value.toFixed(4);
}

/** A difference of shares in percentage points: `+5.5`. */
function points(difference: number): string {
  const text = (100 * difference).toFixed(1);
  return difference > 0 ? `+${text}` : text;
}

function chance(pValue: number): string {
  return pValue < 0.0001 ? "< 0.0001" : `= ${pValue.toFixed(4)}`;
}
