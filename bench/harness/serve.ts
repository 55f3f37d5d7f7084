import { createInterface } from "node:readline";

/** What a contender is told to get ready for: the case's own entries and the contender's. */
export type Task = Readonly<Record<string, unknown>>;

/** A case that a contender is ready to run. */
export interface Prepared {
  /**
   * The work that is timed, to the end: results must lie in JavaScript's memory. It may answer the processor time that
   * counts, where that of the whole process does not.
   */
  readonly run: () => unknown;
  /** What the time is multiplied with, where a part of the work stands for all of it. Default 1. */
  readonly scale?: number;
  /** Some of the results: all contenders must agree on them. */
  readonly results?: readonly number[];
  /** Stands below the table. */
  readonly note?: string;
  readonly dispose?: () => void;
}

/** Every line that is meant for the harness begins so; a library may print what it likes. */
const MARK = "@bench ";

/**
 * The program of a contender: answers the harness line by line, and does nothing in between.
 *
 * @param prepare makes ready for a case, and says which versions it measures; answers a sentence when it cannot do it
 */
export async function serve(
  prepare: (task: Task) => Promise<(Prepared & { readonly versions: Readonly<Record<string, string>> }) | string>,
): Promise<void> {
  console.log = console.info = console.error;
  let prepared: Prepared | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const task = JSON.parse(line);
      if (task.run) answer(await time(prepared as Prepared));
      else {
        prepared?.dispose?.();
        prepared = undefined;
        const ready = await prepare(task);
        if (typeof ready === "string") answer({ skipped: ready });
        else {
          prepared = ready;
          const { versions, results, note } = ready;
          answer({ versions, results, note });
        }
      }
    } catch (error) {
      const missing = missingPackage(error);
      answer(missing === undefined ? { error: error instanceof Error ? error.stack : String(error) } : { missing });
    }
  }
}

async function time({ run, scale = 1 }: Prepared): Promise<{ seconds: number; cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const answer = await run();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const own = (answer as { processorSeconds?: number } | undefined)?.processorSeconds;
  return { seconds: seconds * scale, cpuSeconds: (own ?? (user + system) / 1e6) * scale };
}

function answer(message: object): void {
  process.stdout.write(`${MARK}${JSON.stringify(message)}\n`);
}

/** The name of the npm package or entry whose import failed. */
function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error && "code" in error)) return undefined;
  if (error.code === "ERR_MODULE_NOT_FOUND") return error.message.match(/package '([^']+)'/)?.[1];
  if (error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return error.message.match(/subpath '\.\/([^']+)'/)?.[1];
  return undefined;
}
