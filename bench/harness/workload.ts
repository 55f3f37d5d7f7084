import { describeMachine } from "./machine.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import { printReport, type Table } from "./report.ts";
import { type Contest, takeTurns } from "./take-turns.ts";

/**
 * The program of a workload: runs its contests one after another and prints their report.
 *
 * @param contests what to measure; it is told whether this is a smoke test
 */
export async function runContests(
  workload: string,
  contests: (options: BenchOptions) => readonly Contest[] | Promise<readonly Contest[]>,
): Promise<void> {
  const options = parseOptions();
  const tables: Table[] = [];
  const versions: Record<string, string> = {};
  for (const contest of await contests(options)) {
    const result = await takeTurns(contest, options);
    tables.push(result.table);
    Object.assign(versions, result.versions);
  }
  printReport({ workload, machine: describeMachine(), versions, tables }, options.format);
}
