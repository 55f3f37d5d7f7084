import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readBytes, writeAtomically } from "../node/files.ts";
import { type PlottingLibrary, renderReport } from "../report/render-report.ts";
import type { RunReport } from "../report/run-report.ts";

/**
 * Writes a run's report: one page of HTML that needs no network and no other file.
 *
 * @throws FileError when it cannot be written; what was there before is there still
 * @throws RangeError when a video's scores or the thresholds are not one a label, or a score is NaN
 */
export async function writeReport(file: string, report: RunReport): Promise<void> {
  const page = renderReport(report, await readPlottingLibrary());
  await writeAtomically(file, (handle) => handle.writeFile(page));
}

/** Chart.js, from where it is installed: the file that its makers offer for a script element. */
export async function readPlottingLibrary(): Promise<PlottingLibrary> {
  const folder = dirname(createRequire(import.meta.url).resolve("chart.js"));
  const read = async (path: string) => new TextDecoder().decode(await readBytes(join(folder, path)));
  return { script: await read("chart.umd.min.js"), licence: await read("../LICENSE.md") };
}
