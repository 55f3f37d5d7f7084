import { readdir, readFile, rm } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { VideoSample } from "../data/video-dataset.ts";
import { FileError } from "../node/files.ts";
import { loadTagger } from "../node/tagger-folder.ts";
import { type PaddlePrediction, paddlePrediction } from "../paddle/paddle-prediction.ts";
import {
  CONFIGURATIONS,
  type PlantedSegments,
  PROJECT_FOLDERS,
  SEGMENTS_FILE,
  writePlantedProject,
} from "../planted/planted-project.ts";
import { PaddleProject } from "../project/paddle-project.ts";
import { writePredictions } from "../project/write-predictions.ts";
import { type Evaluation, evaluateTagger } from "../tagging/evaluation.ts";
import type { TaggedVideo } from "../tagging/tagged-video.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { attentionLine, massOnLabels, truthLine } from "./attention-line.ts";
import {
  computing,
  type OptionsOf,
  outputName,
  type Program,
  positiveWholeNumber,
  startBackend,
} from "./command-line.ts";
import { interruptible } from "./interruption.ts";
import { commandLine } from "./next-step.ts";
import { percent, type Terminal } from "./terminal.ts";
import { trainRun } from "./train-command.ts";

type Pooling = keyof typeof CONFIGURATIONS;

/** The folder of each run, by its pooling. */
const POOLINGS: readonly Pooling[] = ["self", "text-guided"];
const PREDICTIONS = "predictions.json";

const definition = (program: Program) =>
  computing(program, "demo", "Train, measure and predict on a synthetic dataset that it makes.")
    .option("--output <folder>", "where dataset and runs go", outputName, "demo")
    .option("--videos <number>", "training videos; half as many measure the result", positiveWholeNumber, 2000)
    .option("--epochs <number>", "epochs of each training", positiveWholeNumber, 12)
    .option("--world <number>", "the seed of the synthetic world", positiveWholeNumber, 21);

export function demoCommand(program: Program, terminal: Terminal): void {
  definition(program).action(async (options) => {
    await startBackend(options.backend);
    await interruptible((signal) => demo(options, terminal, signal));
  });
}

/**
 * The main job on data of its own making: writes a planted dataset in the original's files, trains both kinds of
 * attention on it, measures them, predicts, and shows where the guided one looked.
 */
async function demo(options: OptionsOf<typeof definition>, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { videos, epochs, world } = options;
  const output = normalize(options.output);
  await clear(output);
  const validVideos = Math.ceil(videos / 2);
  await writePlantedProject({ folder: output, worldSeed: world, trainVideos: videos, validVideos, epochs });
  const made = `${videos} training videos, ${validVideos} validation videos, in the files of the original.`;
  await terminal.print(`${output}: ${made}\n\n`);

  const evaluations = new Map<Pooling, Evaluation>();
  for (const pooling of POOLINGS) {
    signal.throwIfAborted();
    terminal.say(`Training with ${pooling === "self" ? "self-attention" : "text-guided attention"}:`);
    const config = join(output, CONFIGURATIONS[pooling]);
    await trainRun({ config, output: join(output, pooling) }, terminal, signal);
    evaluations.set(pooling, await measure(config, join(output, pooling, "last")));
  }
  await terminal.print(table(evaluations));

  const project = await PaddleProject.open(join(output, CONFIGURATIONS["text-guided"]));
  const tagger = await loadTagger(join(output, "text-guided", "best"));
  try {
    const predictions = join(output, PREDICTIONS);
    const count = await writePredictions(predictions, predict(tagger, project));
    await terminal.print(`\n${predictions}: the tags of ${count} videos.\n`);
    await terminal.print(await showVideos(tagger, project, join(output, SEGMENTS_FILE)));
  } finally {
    tagger.dispose();
  }
  const runs = POOLINGS.map((pooling) => join(output, pooling));
  terminal.say(`What the model does well and badly: ${join(output, "text-guided", "report.html")}`);
  terminal.say(`Next: ${commandLine("compare", ...runs)}`);
}

/** Removes what an earlier demo left. A folder that holds anything else is not touched. */
async function clear(output: string): Promise<void> {
  const ours = [...Object.values(CONFIGURATIONS), ...PROJECT_FOLDERS, ...POOLINGS, PREDICTIONS];
  const names = await namesIn(output);
  const foreign = names.find((name) => !ours.includes(name));
  if (foreign !== undefined || (names.length > 0 && !names.includes(CONFIGURATIONS.self))) {
    const example = foreign ?? names[0];
    throw new FileError(output, `it holds what no demo made, such as ${example}. Choose another folder.`);
  }
  // What the folder is known by goes last.
  for (const name of names.toSorted((a, b) => Number(a === CONFIGURATIONS.self) - Number(b === CONFIGURATIONS.self))) {
    await rm(join(output, name), { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

async function measure(config: string, checkpoint: string): Promise<Evaluation> {
  const project = await PaddleProject.open(config);
  const tagger = await project.loadTagger(checkpoint);
  try {
    const { batchSize } = project.section("valid");
    const { topN } = project.configuration.model;
    return await evaluateTagger(tagger, await project.openDataset("valid"), { batchSize, topN });
  } finally {
    tagger.dispose();
  }
}

function table(evaluations: ReadonlyMap<Pooling, Evaluation>): string {
  const [first] = evaluations.values();
  const columns = [...(first?.hitAtK.keys() ?? [])].map((k) => `Hit@${k}`.padStart(9));
  const rows = [...evaluations].map(
    ([pooling, { hitAtK }]) =>
      pooling.padEnd(12) + [...hitAtK.values()].map((share) => percent(share).padStart(9)).join(""),
  );
  return `${["".padEnd(12) + columns.join(""), ...rows].join("\n")}\n`;
}

async function* predict(tagger: VideoTagger, project: PaddleProject): AsyncGenerator<PaddlePrediction> {
  const { batchSize } = project.section("infer");
  for await (const { scores, ...video } of tagger.tagAll(await project.openDataset("infer"), { batchSize })) {
    yield paddlePrediction(video, scores, tagger.labels, tagger.threshold);
  }
}

async function showVideos(tagger: VideoTagger, project: PaddleProject, segmentsFile: string): Promise<string> {
  const segments = JSON.parse(await readFile(segmentsFile, "utf8")) as PlantedSegments;
  const dataset = await project.openDataset("valid");
  for await (const samples of dataset.batches(3, tagger.sampleOptions)) {
    const tagged = await tagger.tag(samples);
    const shown = samples.map((sample, index) => showVideo(sample, tagged[index] as TaggedVideo, tagger, segments));
    const legend = "Bars: attention over time. Below: L a row of a label's segment, d of another segment, . noise.";
    return `\n${legend}\n\n${shown.join("\n")}`;
  }
  return "";
}

function showVideo(
  sample: VideoSample,
  { tags, attention }: TaggedVideo,
  tagger: VideoTagger,
  segments: PlantedSegments,
): string {
  const lines = [
    `${sample.video} "${sample.title}"`,
    `  true       ${sample.classes.map((index) => tagger.labels[index]).join(", ")}`,
    `  predicted  ${tags.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(", ") || "nothing"}`,
  ];
  for (const modality of ["image", "audio"] as const) {
    const weights = attention[modality];
    const kinds = segments[sample.video]?.[modality] ?? [];
    if (weights === undefined) lines.push(`  ${modality}      none`);
    else {
      const mass = percent(massOnLabels(weights, kinds));
      lines.push(
        `  ${modality}      ${attentionLine(weights)}  ${mass} on rows of labels`,
        `             ${truthLine(kinds)}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
