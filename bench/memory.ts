/**
 * The peak memory of one epoch of training, and of predictions, over few and over many small videos.
 *
 *     npm run memory --prefix bench
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine } from "./harness/machine.ts";
import { parseOptions } from "./harness/options.ts";
import { type Figure, figureOf, printReport } from "./harness/report.ts";

const { format, smoke } = parseOptions();
const counts = smoke ? [50, 100] : [2000, 20_000];
const program = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "memory-"));
/** Prints the peak of the resident set, in bytes, when the program ends. */
const PEAK = 'data:text/javascript,process.on("exit",()=>console.error("peak "+process.resourceUsage().maxRSS*1024))';

try {
  const demo = join(folder, "demo");
  const make = ["demo", "--videos", smoke ? "60" : "400", "--epochs", "1", "--output", demo];
  execFileSync(process.execPath, [program, ...make], { stdio: "ignore" });
  const train = ["train", "--output", join(folder, "run")];
  const predict = ["predict", "--checkpoint", join(demo, "self/best"), "--output", join(folder, "out.json")];
  const commands = [
    ["training", train],
    ["predictions", predict],
    ["training, 2 workers", [...train, "--workers", "2"]],
    ["predictions, 2 workers", [...predict, "--workers", "2"]],
  ] as const;
  const rows = counts.map((videos) => ({
    name: `${videos.toLocaleString("en-US")} videos`,
    figures: commands.map(([, words]): Figure => {
      const peak = peakOf([...words, "--config", configurationOf(demo, videos)]) / 2 ** 20;
      rmSync(join(folder, "run"), { recursive: true, force: true });
      return figureOf([peak]);
    }),
  }));
  const title = "Peak of the resident set of the program: one epoch, small videos (32 image and 16 audio values a row)";
  const table = { title, unit: "MiB", ratio: "times as much", cases: commands.map(([name]) => name), rows, notes: [] };
  printReport({ workload: "memory", machine: describeMachine(), versions: {}, tables: [table] }, format);
} finally {
  rmSync(folder, { recursive: true });
}

/** A configuration whose list names the same feature files again and again, as so many different videos. */
function configurationOf(demo: string, videos: number): string {
  const rows = readFileSync(join(demo, "datasets/train.txt"), "utf8").trimEnd().split("\n");
  const list = Array.from({ length: videos }, (_, index) => {
    const row = rows[index % rows.length] as string;
    return row.replace("https://", `https://${Math.floor(index / rows.length)}.`);
  });
  writeFileSync(join(folder, "many.txt"), `${list.join("\n")}\n`);
  const text = readFileSync(join(demo, "conf-self.txt"), "utf8");
  const [model, ...sections] = text.split(/(?=\n\[)/);
  const changed = sections.map((section) =>
    section.includes("[VALID]") ? section : section.replace(/datasets\/(train|val)\.txt/, "../many.txt"),
  );
  const file = join(folder, "conf.txt");
  writeFileSync(file, [model, ...changed].join(""));
  return file;
}

function peakOf(words: readonly string[]): number {
  const { stderr, status } = spawnSync(process.execPath, ["--import", PEAK, program, ...words], { encoding: "utf8" });
  const peak = Number(stderr.match(/peak (\d+)/)?.[1]);
  if (status !== 0 || !(peak > 0)) throw new Error(stderr);
  return peak;
}
