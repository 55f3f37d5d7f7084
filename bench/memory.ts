/**
 * The peak memory of one epoch of training, and of predictions, over few and over many small videos.
 *
 *     npm run build && npm run bench:memory -- [--few 2000] [--many 20000] [--workers 1]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { useBackend } from "multimodal-video-tag/node";
import { describeMachine } from "./machine.ts";

const { values: options } = parseArgs({
  options: {
    few: { type: "string", default: "2000" },
    many: { type: "string", default: "20000" },
    workers: { type: "string", default: "1" },
  },
});
const program = resolve("dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "memory-"));
/** Prints the peak of the resident set, in bytes, when the program ends. */
const PEAK = 'data:text/javascript,process.on("exit",()=>console.error("peak "+process.resourceUsage().maxRSS*1024))';

try {
  await useBackend("wasm");
  console.log(describeMachine());
  const demo = join(folder, "demo");
  execFileSync(process.execPath, [program, "demo", "--videos", "400", "--epochs", "1", "--output", demo], {
    stdio: "ignore",
  });
  for (const [name, words] of [
    ["training", ["train", "--output", join(folder, "run")]],
    ["predictions", ["predict", "--checkpoint", join(demo, "self/best"), "--output", join(folder, "out.json")]],
  ] as const) {
    const [few, many] = [options.few, options.many].map((videos) => {
      const peak = peakOf([...words, "--workers", options.workers, "--config", configurationOf(demo, Number(videos))]);
      rmSync(join(folder, "run"), { recursive: true, force: true });
      console.log(`${name}, ${videos} videos: ${(peak / 2 ** 20).toFixed(0)} MiB`);
      return peak;
    }) as [number, number];
    console.log(`${name}: ${(many / few).toFixed(2)} times as much`);
  }
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
