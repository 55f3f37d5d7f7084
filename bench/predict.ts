/**
 * Predictions of the full-size model from files, of few and of many videos: time and peak memory.
 *
 *     npm run predict --prefix bench
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describeMachine } from "./harness/machine.ts";
import { parseOptions } from "./harness/options.ts";
import { figureOf, printReport, type Row, type Table } from "./harness/report.ts";
import { fullSizeFiles, videoList } from "./inputs/full-size.ts";

const { format, smoke } = parseOptions();
const files = await fullSizeFiles({ small: smoke });
const counts = smoke ? [10, 30] : [100, 1000];
const program = fileURLToPath(new URL("contenders/predict-ours.ts", import.meta.url));
const seconds: Row[] = [];
const peaks: Row[] = [];
for (const count of counts) {
  const words = ["--import", "tsx", program, files.tagger, videoList(count, files), files.features];
  const { videos, load, predict, peak } = JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" }));
  if (videos !== count) throw new Error(`${videos} of ${count} videos were tagged.`);
  const name = `${count.toLocaleString("en-US")} videos`;
  seconds.push({ name, figures: [load, predict].map((value) => figureOf([value])) });
  peaks.push({ name, figures: [figureOf([peak])] });
}
const shared = { ratio: "times as much", notes: [] };
const tables: Table[] = [
  {
    ...shared,
    title: "Predictions from files, full-size model",
    unit: "s",
    cases: ["loading", "tagging"],
    rows: seconds,
  },
  { ...shared, title: "Peak of the resident set", unit: "MiB", cases: ["peak"], rows: peaks },
];
printReport({ workload: "predict", machine: describeMachine(), versions: {}, tables }, format);
