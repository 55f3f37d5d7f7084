import { parseArgs } from "node:util";

/** How a report is printed: columns for a terminal, a table for a page, or JSON for a program. */
export type Format = "text" | "markdown" | "json";

/** What every workload understands. */
export interface BenchOptions {
  readonly format: Format;
  /** How often each contender runs a case; the figure is the median. */
  readonly rounds: number | undefined;
  /** Tiny sizes and no Python: shows that everything still runs. Its figures mean nothing. */
  readonly smoke: boolean;
  /** Contenders to run: those whose name holds one of these words. All when empty. */
  readonly only: readonly string[];
  /** `wall` compares the time that passed, `cpu` the processor time: for machines that do other work as well. */
  readonly clock: "wall" | "cpu";
}

/** @throws TypeError on an option that is not known, RangeError on one that makes no sense */
export function parseOptions(words = process.argv.slice(2)): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      rounds: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      clock: { type: "string", default: "wall" },
    },
  });
  const { json, markdown, smoke, only, clock } = values;
  if (clock !== "wall" && clock !== "cpu") throw new RangeError(`--clock must be wall or cpu. Got ${clock}.`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new RangeError(`--rounds must be a whole number of 1 or more. Got ${values.rounds}.`);
  }
  return { format: json ? "json" : markdown ? "markdown" : "text", rounds, smoke, only, clock };
}
