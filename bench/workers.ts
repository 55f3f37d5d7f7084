/**
 * Training steps and predictions of the full-size model in one thread and in several, taking turns: image 2048 -> 2 x 512,
 * audio 128 -> 2 x 128, 110 labels, batch 16, 30 to 60 frames a video, feature files on disk. The titles' encodings are
 * cached, as they are from the second epoch on; the encoder is small for that reason.
 *
 *     npm run build && npm run bench:workers -- [--workers 2] [--rounds 3] [--videos 128] [--no-kernels]
 *
 * Where Linux tells the processor time of each thread, it says what a machine without other work would take: the time of
 * the main thread and of the busiest worker, one after the other. That is what to look at on a machine that is shared.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import {
  MultimodalTagger,
  type MultimodalTaggerConfig,
  multimodalVideoTag,
  RandomStream,
  rmsProp,
  type TrainStep,
  train,
  VideoTagger,
  writeFeatureFile,
} from "multimodal-video-tag";
import { registerKernels } from "multimodal-video-tag/kernels";
import { openDataset, startWorkers, useBackend } from "multimodal-video-tag/node";
import { describeMachine, median } from "./machine.ts";

const { values: given } = parseArgs({
  options: {
    workers: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    videos: { type: "string", default: "128" },
    backend: { type: "string", default: "wasm" },
    kernels: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const [workers, rounds, videos] = [Number(given.workers), Number(given.rounds), Number(given.videos)];
const BATCH = 16;
const LABELS = Array.from({ length: 110 }, (_, index) => `label ${index}`);
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

await useBackend(given.backend);
if (given.kernels) registerKernels();
console.log(describeMachine());
const folder = mkdtempSync(join(tmpdir(), "workers-"));
try {
  const list = writeDataset(videos);
  const dataset = () => openDataset({ list, features: folder, labels: LABELS });
  const [alone, shared] = [await createTagger(), await createTagger()];
  const pool = await startWorkers(shared, { workers });
  try {
    const steps = async (tagger: VideoTagger, more: object) => {
      const data = await dataset();
      const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 8e-4 });
      const options = { tagger, train: data, valid: data, optimizer, schedule: () => 1e-4, earlyStop: 9, topN: [1] };
      return train({ ...options, epochs: 9, batchSize: BATCH, validBatchSize: BATCH, seed: 1, ...more });
    };
    const [one, several] = [await steps(alone, {}), await steps(shared, { workers: pool })];
    await compare(
      "training step",
      () => nextStep(one),
      () => nextStep(several),
    );
    const predictions = async (tagger: Pick<VideoTagger, "tagAll">) => {
      for await (const _ of tagger.tagAll(await dataset(), { batchSize: BATCH }));
    };
    await pool.refresh();
    await compare(
      `prediction of ${videos} videos`,
      () => predictions(alone),
      () => predictions(pool),
    );
  } finally {
    await pool.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function nextStep(training: AsyncGenerator<unknown>): Promise<void> {
  for (;;) {
    const { value, done } = await training.next();
    if (done || (value as TrainStep).kind === "step") return;
  }
}

interface Turn {
  readonly wall: number;
  /** Processor time of the threads that did the most; all of it where nobody tells. */
  readonly quiet: number;
}

async function compare(what: string, one: () => Promise<void>, several: () => Promise<void>): Promise<void> {
  const turns: [Turn, Turn][] = [];
  for (let round = -1; round < rounds; round++) {
    const turn: [Turn, Turn] = [await take(one, 1), await take(several, workers)];
    if (round >= 0) turns.push(turn);
  }
  for (const [name, figure] of [
    ["on the clock", ({ wall }: Turn) => wall],
    ["by processor time", ({ quiet }: Turn) => quiet],
  ] as const) {
    const of = (index: 0 | 1) => median(turns.map((turn) => figure(turn[index])));
    const ratio = median(turns.map(([a, b]) => figure(a) / figure(b)));
    console.log(
      `${what}, ${name}: 1 thread ${of(0).toFixed(2)} s, ${workers} workers ${of(1).toFixed(2)} s: ${ratio.toFixed(2)} times as fast`,
    );
  }
}

async function take(work: () => Promise<void>, threads: number): Promise<Turn> {
  const [begin, before] = [performance.now(), threadSeconds()];
  await work();
  const wall = (performance.now() - begin) / 1000;
  const spent = [...threadSeconds()].map(([thread, seconds]) => [thread, seconds - (before.get(thread) ?? 0)] as const);
  const main = spent.find(([thread]) => thread === process.pid)?.[1] ?? 0;
  const others = spent.filter(([thread]) => thread !== process.pid).map(([, seconds]) => seconds);
  return { wall, quiet: main + (threads === 1 ? 0 : Math.max(...others)) };
}

/** Processor time of each thread of this process so far, by the thread's number. */
function threadSeconds(): Map<number, number> {
  const TICKS = 100;
  const tasks = process.platform === "linux" ? readdirSync("/proc/self/task") : [];
  return new Map(
    tasks.map((task) => {
      const fields = readFileSync(`/proc/self/task/${task}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      return [Number(task), (Number(fields[11]) + Number(fields[12])) / TICKS];
    }),
  );
}

function writeDataset(count: number): string {
  const random = new RandomStream(1);
  const features = (size: number) => {
    const rows = 30 + random.nextInteger(31);
    return { rows, size, data: Float32Array.from({ length: rows * size }, () => random.nextNormal()) };
  };
  const rows = Array.from({ length: count }, (_, index) => {
    const video = `v${index}`;
    writeFileSync(
      join(folder, `${video}.pkl`),
      writeFeatureFile({ video, image: features(2048), audio: features(128) }),
    );
    const title = Array.from({ length: 10 + random.nextInteger(28) }, () => LETTERS[random.nextInteger(26)]).join(" ");
    return `${video}.mp4\t${title}\t${LABELS[random.nextInteger(110)]}\n`;
  });
  const list = join(folder, "list.txt");
  writeFileSync(list, rows.join(""));
  return list;
}

async function createTagger(): Promise<VideoTagger> {
  const vocabulary = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", ...LETTERS, ""].join("\n");
  const tokenizer = await ErnieTokenizer.fromVocabulary(vocabulary);
  const { text, ...config } = multimodalVideoTag({ numClasses: LABELS.length });
  const encoder = { ...text?.encoder, layers: 1, vocabularySize: tokenizer.idLimit };
  const model = new MultimodalTagger(
    { ...config, text: { ...text, encoder } } as MultimodalTaggerConfig,
    new RandomStream(1),
  );
  return new VideoTagger({ model, labels: LABELS, text: { tokenizer, vocabulary, maxLength: 50 } });
}
