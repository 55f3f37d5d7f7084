import { appendFile, readFile } from "node:fs/promises";
import type { Measurement } from "./measurement.ts";
import type { RowName, Setting } from "./plan.ts";

/** One trained and measured model: a line of the results file. */
export interface Result extends Measurement {
  readonly world: number;
  readonly row: RowName;
  readonly seed: number;
  /** Mean training loss of a video in the last epoch. */
  readonly loss: number;
  /** Values that were trained. */
  readonly parameters: number;
  /** Of training alone: by the clock, and of this process's own computing. */
  readonly seconds: number;
  readonly processorSeconds: number;
  /** Processor, memory, versions. */
  readonly machine: string;
  readonly setting: Setting;
}

/**
 * The results of earlier runs with the same setting; none when there is no file.
 *
 * @throws Error when a line is broken, has another setting (figures of two settings do not belong on one page), or is
 * there twice (which two programs that write at the same time can do)
 */
export async function readResults(file: string, setting: Setting): Promise<Result[]> {
  const lines = (await readIfThere(file)).split("\n").filter((line) => line !== "");
  const results = new Map<string, Result>();
  for (const [index, line] of lines.entries()) {
    const place = `${file}, line ${index + 1}`;
    const result = parse(line, place);
    if (JSON.stringify(result.setting) !== JSON.stringify(setting)) {
      throw new Error(`${place}: it was made with another setting. Move the file away and run again.`);
    }
    const name = `world ${result.world}, ${result.row}, seed ${result.seed}`;
    if (results.has(name)) throw new Error(`${place}: ${name} stands there already. Remove one of the two lines.`);
    results.set(name, result);
  }
  return [...results.values()];
}

export async function appendResult(file: string, result: Result): Promise<void> {
  await appendFile(file, `${JSON.stringify(result)}\n`);
}

function parse(line: string, place: string): Result {
  try {
    return JSON.parse(line) as Result;
  } catch {
    throw new Error(`${place}: it is no JSON. A run that was ended while it wrote leaves this: remove the line.`);
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
