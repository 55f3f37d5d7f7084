/**
 * Trains and predicts through the built program where one video is far longer than all others: 63 videos of 20 rows and one of
 * many, with the original's sizes and batches of 64. Prints how large each process was at most.
 *
 *     npx tsx scripts/try-long-videos.ts [--rows 300,1500,60000] [--workers 1,2]
 *
 * More than one worker is tried with the largest number of rows alone. The exit code is 1 when a command failed, a video got no answer, or a
 * process was larger than 2 GB.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RandomStream } from "multimodal-video-tag";
import { type ByteMatrix, featureFileOfBytes } from "./soak/feature-bytes.ts";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "300,1500,60000" }, workers: { type: "string", default: "1,2" } },
});
const MOST_BYTES = 2e9;
const [VIDEOS, SHORT_ROWS, IMAGE_SIZE, AUDIO_SIZE, CLASSES] = [64, 20, 2048, 128, 110];
const PROGRAM = join(import.meta.dirname, "../dist/cli.js");
/** Prints the peak of the resident set, in bytes, when the program ends. */
const PEAK =
  'import{isMainThread}from"node:worker_threads";' +
  'if(isMainThread)process.on("exit",()=>console.error("peak "+process.resourceUsage().maxRSS*1024))';

const work = mkdtempSync(join(tmpdir(), "long-videos-"));
const longs = values.rows.split(",").map(Number);
const random = new RandomStream(1);
const noise = Uint8Array.from({ length: 1_000_003 }, () => random.nextInteger(4));
const problems: string[] = [];

console.log("| rows of the long video | workers | command | peak | seconds |\n| --: | --: | --- | --: | --: |");
for (const rows of longs) {
  for (const workers of values.workers.split(",").map(Number)) {
    if (workers === 1 || rows === Math.max(...longs)) tryOne(rows, workers);
  }
}
rmSync(work, { recursive: true });
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;

function tryOne(rows: number, workers: number): void {
  const folder = join(work, `${rows}-rows-${workers}-workers`);
  writeProject(folder, rows);
  const given = ["--config", "conf.txt", "--workers", String(workers)];
  const row = (command: string, peak: number, seconds: number) =>
    console.log(
      `| ${rows.toLocaleString("en-US")} | ${workers} | ${command} | ${(peak / 1e6).toFixed(0)} MB | ${seconds.toFixed(0)} |`,
    );
  for (const [command, ...words] of [
    ["train", "--epochs", "1", "--output", "run"],
    ["predict", "--checkpoint", "run/best", "--output", "predictions.json"],
  ] as const) {
    const begin = performance.now();
    const options = { cwd: folder, encoding: "utf8" } as const;
    const importing = ["--import", `data:text/javascript,${PEAK}`];
    const { status, stderr } = spawnSync(
      process.execPath,
      [...importing, PROGRAM, command, ...words, ...given],
      options,
    );
    const peak = Number(stderr.match(/peak (\d+)\n$/)?.[1]);
    row(command, peak, (performance.now() - begin) / 1000);
    const what = `${command} with ${rows} rows and ${workers} workers`;
    if (status !== 0) problems.push(`${what} ended with code ${status}: ${stderr}`);
    if (!(peak <= MOST_BYTES)) problems.push(`${what} took ${peak} bytes.`);
    if (status !== 0) return;
  }
  const predictions: unknown = JSON.parse(readFileSync(join(folder, "predictions.json"), "utf8"));
  const answers = Array.isArray(predictions) ? predictions.length : Object.keys(predictions as object).length;
  if (answers !== VIDEOS) problems.push(`predict with ${rows} rows: ${answers} of ${VIDEOS} videos have an answer.`);
  rmSync(folder, { recursive: true });
}

/** A configuration with its data; the long video stands in the middle of the list. */
function writeProject(folder: string, longRows: number): void {
  const features = join(folder, "features");
  mkdirSync(features, { recursive: true });
  const list: string[] = [];
  for (let index = 0; index < VIDEOS; index++) {
    const rows = index === VIDEOS / 2 ? longRows : SHORT_ROWS;
    writeFileSync(
      join(features, `video_${index}.pkl`),
      featureFileOfBytes(matrix(rows, IMAGE_SIZE), matrix(rows, AUDIO_SIZE)),
    );
    list.push(`video_${index}.mp4\ttitle\tlabel ${index % CLASSES}\n`);
  }
  writeFileSync(join(folder, "list.txt"), list.join(""));
  writeFileSync(
    join(folder, "classes.txt"),
    Array.from({ length: CLASSES }, (_, index) => `label ${index}\n`).join(""),
  );
  const data = `batch_size = ${VIDEOS}\nfilelist = "features/"\nurl_title_label_file = "list.txt"\n`;
  writeFileSync(
    join(folder, "conf.txt"),
    `[MODEL]
drop_rate = 0.5
feature_names = ['rgb', 'audio']
feature_dims = [[${IMAGE_SIZE}], [${AUDIO_SIZE}]]
lstm_size_img = 512
lstm_size_audio = 128
num_classes = ${CLASSES}
top_n = [1, 5]
class_name_file = "classes.txt"
lstm_pool_mode = ''
[TRAIN]
epoch = 1
loss_type = "sigmoid"
${data}[VALID]
${data}[INFER]
${data}`,
  );
}

/** Values from 0 to 3, of one byte each. */
function matrix(rows: number, size: number): ByteMatrix {
  const data = new Uint8Array(rows * size);
  const from = random.nextInteger(noise.length);
  for (let filled = 0; filled < data.length; ) {
    const begin = filled === 0 ? from : 0;
    const piece = noise.subarray(begin, Math.min(noise.length, begin + data.length - filled));
    data.set(piece, filled);
    filled += piece.length;
  }
  return { rows, size, data };
}
