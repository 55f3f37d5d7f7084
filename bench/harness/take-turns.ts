import { type Answer, type Contender, ContenderProcess } from "./contender.ts";
import { median } from "./machine.ts";
import type { BenchOptions } from "./options.ts";
import { type Figure, figureOf, type Row, type Table } from "./report.ts";

/** Something that every contender does. */
export interface Case {
  readonly name: string;
  /** Goes to the contenders. */
  readonly task: Readonly<Record<string, unknown>>;
  /** How many pieces of work a run does, for units that count them a second. Default 1. */
  readonly pieces?: number;
}

export interface Contest {
  readonly title: string;
  readonly unit: "ms" | "s" | `${string}/s`;
  readonly cases: readonly Case[];
  /** Ours first: the others are compared with it. */
  readonly contenders: readonly Contender[];
  /** Runs of each, after one that does not count. Default 5. */
  readonly rounds?: number;
  /** How far results may lie from the first contender's. Default: they are not compared. */
  readonly tolerance?: number;
  readonly notes?: readonly string[];
}

export interface ContestResult {
  readonly table: Table;
  readonly versions: Readonly<Record<string, string>>;
}

type Entry = {
  readonly contender: Contender;
  readonly process: ContenderProcess;
  readonly figures: (Figure | undefined)[];
};

/** Measures all contenders on each case in turns: one run each, again and again. Only one computes at a time. */
export async function takeTurns(contest: Contest, options: BenchOptions): Promise<ContestResult> {
  const rounds = options.rounds ?? (options.smoke ? 1 : (contest.rounds ?? 5));
  const notes = new Set(options.smoke ? ["A smoke test: its figures mean nothing."] : contest.notes);
  const versions: Record<string, string> = {};
  const entries: Entry[] = contest.contenders
    .filter((contender) => !(options.smoke && contender.program.endsWith(".py")))
    .filter(({ name }) => options.only.length === 0 || options.only.some((word) => name.includes(word)))
    .map((contender) => ({ contender, process: new ContenderProcess(contender), figures: [] }));
  try {
    for (const [index, { name, task, pieces = 1 }] of contest.cases.entries()) {
      const ready: { entry: Entry; runs: Answer[] }[] = [];
      let expected: readonly number[] | undefined;
      for (const entry of entries) {
        const { contender, process } = entry;
        progress(`${contest.title}: ${name}: ${contender.name}`);
        const answer = await process.ask({ ...task, threads: contender.threads ?? 1, ...contender.options });
        if (answer.missing) notes.add(`Not installed: ${answer.missing}, for ${contender.name}.`);
        if (answer.skipped) notes.add(`${contender.name}: ${answer.skipped}`);
        if (answer.note) notes.add(`${contender.name}: ${answer.note}`);
        Object.assign(versions, answer.versions);
        if (answer.missing || answer.skipped) continue;
        expected ??= answer.results;
        if (contest.tolerance !== undefined) {
          expectAgreement(contender.name, name, expected, answer.results, contest.tolerance);
        }
        ready.push({ entry, runs: [] });
      }
      for (let round = -1; round < rounds; round++) {
        for (const { entry, runs } of ready) {
          progress(`${contest.title}: ${name}: ${entry.contender.name}, round ${round + 1} of ${rounds}`);
          const answer = await entry.process.ask({ run: true });
          if (round >= 0) runs.push(answer);
        }
      }
      for (const { entry, runs } of ready) entry.figures[index] = timeOf(runs, contest.unit, pieces, options.clock);
    }
  } finally {
    for (const { process } of entries) process.stop();
    progress("");
  }
  const cases = contest.cases.map(({ name }) => name);
  const rows: Row[] = entries
    .map(({ contender, figures }) => ({ name: contender.name, figures: cases.map((_, index) => figures[index]) }))
    .filter(({ figures }) => figures.some((figure) => figure !== undefined));
  if (options.clock === "cpu") notes.add("Processor time, as the machine did other work too.");
  const { title, unit } = contest;
  return { table: { title, unit, moreIsBetter: unit.endsWith("/s"), cases, rows, notes: [...notes] }, versions };
}

function timeOf(runs: readonly Answer[], unit: Contest["unit"], pieces: number, clock: "wall" | "cpu"): Figure {
  const wall = runs.map(({ seconds = Number.NaN }) => seconds);
  const cpu = runs.map(({ cpuSeconds = Number.NaN }) => cpuSeconds);
  const convert = (seconds: number): number =>
    unit.endsWith("/s") ? pieces / seconds : unit === "ms" ? seconds * 1000 : seconds;
  const values = (clock === "cpu" ? cpu : wall).map(convert);
  return { ...figureOf(values), cores: median(cpu) / median(wall) };
}

/** @throws Error when a contender computes something else than the first: then its time says nothing */
function expectAgreement(
  contender: string,
  work: string,
  expected: readonly number[] | undefined,
  results: readonly number[] | undefined,
  tolerance: number,
): void {
  if (expected === undefined || results === undefined) return;
  const largest = Math.max(...expected.map(Math.abs));
  const apart = Math.max(...expected.map((value, index) => Math.abs(value - (results[index] ?? Number.NaN))));
  if (results.length === expected.length && apart <= tolerance * largest) return;
  const [want, got] = [expected, results].map((values) => values.slice(0, 4).join(", "));
  throw new Error(`${contender} computes something else than ours in ${work}: ${got}, not ${want}.`);
}

/** One line on a terminal, which the next one replaces. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}
