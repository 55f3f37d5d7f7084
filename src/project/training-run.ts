import packageJson from "../../package.json" with { type: "json" };
import { DatasetStatistics } from "../data/dataset-statistics.ts";
import { FileSourceError } from "../data/file-source.ts";
import {
  countUnknownLabels,
  describeFindings,
  describeUnknownLabel,
  describeUnknownShare,
  MOST_UNKNOWN_LABELS,
} from "../data/list-findings.ts";
import { DatasetChangedError, type SkippedVideo, type UnusedVideo, type VideoDataset } from "../data/video-dataset.ts";
import type { LeftOutVideo, LeftOutVideos } from "../formats/checkpoint-manifest.ts";
import { FormatError } from "../formats/format-error.ts";
import type { DatasetFingerprint, RunManifest } from "../formats/run-manifest.ts";
import { backendInUse } from "../node/backend.ts";
import { CONFIGURATION_LIMIT, readBytes } from "../node/files.ts";
import { startWorkers, type TaggerWorkers } from "../node/workers/tagger-workers.ts";
import { fingerprintDataset } from "../runs/dataset-fingerprint.ts";
import { missingLockWarning } from "../runs/folder-lock.ts";
import { RunFolder } from "../runs/run-folder.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { type TaggerEpochEvent, type TaggerStepEvent, trainTagger } from "../training/train-tagger.ts";
import { createTrainingState, disposeTrainingState, type TrainingState } from "../training/training-state.ts";
import { datasetWarnings, describeSampled } from "../training/warnings.ts";
import { PaddleProject, type ProjectTraining } from "./paddle-project.ts";

export interface NewRunOptions {
  /** The configuration file. */
  readonly config: string;
  /** The folder that the run gets. */
  readonly output: string;
  /** Where the first parameters come from, instead of a seed and the pretrained ERNIE. */
  readonly checkpoint?: string | undefined;
  /** Instead of the configuration's. */
  readonly epochs?: number | undefined;
  /** A folder that keeps a frozen encoder's encodings from run to run. */
  readonly encodingCache?: string | undefined;
  /** Threads that share the work (see startWorkers). Default 1: this one. */
  readonly workers?: number | undefined;
  /** Ends the reading of a large file. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to train although more than MOST_UNKNOWN_LABELS of a list's labels are not in the class file. Default false. */
  readonly allowUnknownLabels?: boolean | undefined;
}

/** What is to be said of the data, once they all have streamed by. */
export interface TrainWarnings {
  readonly kind: "warnings";
  /** A sentence each; none for sound data. */
  readonly warnings: readonly string[];
}

/** How a run trains: its recipe leaves nothing open. */
type RunOptions = ProjectTraining & { readonly state: TrainingState };

interface TrainingRunParts {
  readonly folder: RunFolder;
  readonly project: PaddleProject;
  readonly options: RunOptions;
  readonly workers: number;
  /** Of a run that has not begun. */
  readonly manifest?: RunManifest;
  readonly notes?: readonly string[];
}

/**
 * A training that keeps a folder of itself (see RunFolder). However its process ends, it can be reopened, and gives bit
 * for bit what it would have given without a break.
 */
export class TrainingRun {
  readonly folder: RunFolder;
  readonly project: PaddleProject;
  readonly options: RunOptions;
  /** Threads that share the work; with 1 it is all done in this one. */
  readonly workers: number;
  /** What its user should know of its lists, and of how it was reopened: sentences. */
  readonly notes: readonly string[];
  #manifest: RunManifest | undefined;

  private constructor({ folder, project, options, workers, manifest, notes = [] }: TrainingRunParts) {
    this.folder = folder;
    this.project = project;
    this.options = options;
    this.workers = workers;
    this.notes = notes;
    this.#manifest = manifest;
  }

  /**
   * A new run. Nothing is written before its first step is done.
   *
   * @throws FileError when the folder holds a run or cannot be written; FormatError for a configuration, list or
   * checkpoint that cannot be used, and for a list with too many labels that are not in the class file
   */
  static async prepare({
    config,
    output,
    checkpoint,
    epochs,
    encodingCache,
    workers = 1,
    signal,
    allowUnknownLabels = false,
  }: NewRunOptions): Promise<TrainingRun> {
    const folder = new RunFolder(output);
    await folder.expectVacant();
    const project = await PaddleProject.open(config, { encodingCache, signal });
    const datasets = await openDatasets(project);
    if (!allowUnknownLabels) for (const dataset of Object.values(datasets)) expectKnownLabels(dataset);
    const manifest = {
      seed: project.configuration.train.seed,
      backend: backendInUse().name,
      options: { checkpoint, epochs, ...(workers > 1 && { workers }) },
      datasets: await fingerprintsOf(project),
    };
    const tagger = await project.createTagger(checkpoint);
    const options = trainOptions(project, tagger, datasets, epochs);
    return new TrainingRun({ folder, project, options, workers, manifest, notes: await notesOf(project, datasets) });
  }

  /**
   * A run as it was when its state was kept for the last time, or from its beginning if it never was.
   *
   * @param epochs instead of those that it began with
   * @throws FileError or FormatError when there is no run, its data are not what they were, or none of its checkpoints
   * is whole
   */
  static async reopen(
    path: string,
    { epochs, encodingCache, signal }: Pick<NewRunOptions, "epochs" | "encodingCache" | "signal"> = {},
  ): Promise<TrainingRun> {
    const folder = new RunFolder(path);
    const manifest = await folder.readManifest();
    await folder.occupy();
    try {
      return await TrainingRun.#goOn(folder, manifest, { epochs, encodingCache, signal });
    } catch (error) {
      await folder.release();
      throw error;
    }
  }

  static async #goOn(
    folder: RunFolder,
    { datasets: before, backend, options: asked }: RunManifest,
    { epochs, encodingCache, signal }: Pick<NewRunOptions, "epochs" | "encodingCache" | "signal">,
  ): Promise<TrainingRun> {
    const { path } = folder;
    const project = await PaddleProject.open(folder.configuration, { encodingCache, signal });
    const datasets = await openDatasets(project);
    expectSameData(before, await fingerprintsOf(project), path);
    const hasState = await folder.hasState();
    const tagger = await (hasState ? project.emptyTagger() : project.createTagger(asked.checkpoint));
    const options = trainOptions(project, tagger, datasets, epochs ?? asked.epochs);
    try {
      const { leftOut, problem } = await folder.restore(tagger, options.state);
      if (leftOut !== undefined) goOnFrom(leftOut, datasets, tagger, options.state);
      const notes = await notesOf(project, datasets);
      const { name } = backendInUse();
      if (name !== backend) notes.push(`${path}: it began on ${backend}; on ${name} its numbers may differ a little.`);
      if (problem !== undefined) notes.push(`${problem} The checkpoint before it is used.`);
      return new TrainingRun({ folder, project, options, workers: asked.workers ?? 1, notes });
    } catch (error) {
      disposeTrainingState(options.state);
      tagger.dispose();
      throw error;
    }
  }

  get tagger(): VideoTagger {
    return this.options.tagger;
  }

  /**
   * Trains to the end, and keeps what each event brings before it tells of it. Where the data cannot be read any more, the
   * moment is kept as well.
   *
   * @param saveSteps keeps the state every so many steps too
   * @throws FileSourceError when a disk or network does not answer; DatasetChangedError when a video that could be read
   *   cannot be any more; FileError when the folder cannot be written; what `trainTagger` throws
   */
  async *events({
    saveSteps = Number.POSITIVE_INFINITY,
  }: {
    readonly saveSteps?: number | undefined;
  } = {}): AsyncGenerator<TaggerStepEvent | TaggerEpochEvent | TrainWarnings> {
    const { tagger, state } = this.options;
    const look = await this.#lookAtData();
    let workers: TaggerWorkers | undefined;
    try {
      workers = await this.#startWorkers();
      for await (const event of trainTagger({ ...this.options, ...(workers && { workers }) })) {
        await this.#begin();
        if (event.kind === "epoch") {
          await this.folder.saveEpoch(tagger, state, event, this.#leftOut());
        } else if (state.progress.step % saveSteps === 0) await this.saveState();
        yield event;
        const warnings = event.kind === "epoch" ? look.end() : undefined;
        if (warnings === undefined) continue;
        await this.folder.writeWarnings(warnings);
        yield { kind: "warnings", warnings };
      }
    } catch (error) {
      if (isFaultOfData(error)) await this.saveState();
      throw error;
    } finally {
      look.end();
      await workers?.close();
    }
  }

  async #startWorkers(): Promise<TaggerWorkers | undefined> {
    return this.workers === 1 ? undefined : startWorkers(this.tagger, { workers: this.workers });
  }

  /**
   * Learns what the data are like from the first whole epoch that streams by, unless an earlier process has.
   *
   * @returns ends it, with what is to be said; undefined when there is nothing new
   */
  async #lookAtData(): Promise<{ end(): string[] | undefined }> {
    const { tagger, state, train: trainData, valid } = this.options;
    const isPartial = state.progress.position !== null;
    if (isPartial || (await this.folder.readWarnings()) !== undefined) return { end: () => undefined };
    const config = { labels: tagger.labels, sizes: tagger.sampleOptions.sizes };
    const [ofTraining, ofValidation] = [new DatasetStatistics(config), new DatasetStatistics(config)];
    const sampled: string[] = [];
    const stops = [
      trainData.observe((video) => {
        ofTraining.add(video);
        const { sampledFrom, rows } = video;
        const longest = Math.max(...Object.values(rows).map((each) => each.rows));
        if (sampledFrom) sampled.push(describeSampled(video.video, sampledFrom, longest));
      }),
      valid.observe((video) => ofValidation.add(video)),
    ];
    return {
      end: () => {
        if (stops.length === 0) return undefined;
        for (const stop of stops.splice(0)) stop();
        const shared = ofTraining.sharedWith(ofValidation);
        return [...datasetWarnings({ train: ofTraining.summary(), shared }), ...sampled];
      },
    };
  }

  /** Keeps the present moment, between two events; before the first one there is nothing to keep. */
  async saveState(): Promise<void> {
    const { tagger, state } = this.options;
    if (state.progress.step > 0) await this.folder.saveState(tagger, state, this.#leftOut());
  }

  /** Frees memory, and the folder for others. */
  async dispose(): Promise<void> {
    disposeTrainingState(this.options.state);
    this.tagger.dispose();
    await this.folder.release();
  }

  #leftOut(): LeftOutVideos {
    const { tagger, train: trainData, valid } = this.options;
    const of = (dataset: VideoDataset) => dataset.leftOut(tagger.sampleOptions).map(describeLeftOut);
    return { train: of(trainData), valid: of(valid) };
  }

  async #begin(): Promise<void> {
    if (this.#manifest === undefined) return;
    const versions = {
      "multimodal-video-tag": packageJson.version,
      tfjs: backendInUse().version,
      node: process.versions.node,
    };
    const { configuration, file } = this.project;
    await this.folder.begin(this.#manifest, await readBytes(file, { limit: CONFIGURATION_LIMIT }), {
      versions,
      configuration,
    });
    this.#manifest = undefined;
  }
}

/** Whether the data are at fault, and the moment before it can be gone on from. */
export function isFaultOfData(error: unknown): boolean {
  return error instanceof FileSourceError || error instanceof DatasetChangedError;
}

function describeLeftOut({ line, reason }: SkippedVideo): LeftOutVideo {
  if (reason.kind === "missing-file")
    return { line, missing: reason.file, ...(reason.lookAlike !== undefined && { lookAlike: reason.lookAlike }) };
  return { line, ...(reason.kind === "unreadable-file" && { problem: reason.problem }) };
}

/** Tells the datasets what an earlier process found: after its first epoch it had read all videos. */
function goOnFrom(leftOut: LeftOutVideos, datasets: Datasets, tagger: VideoTagger, { progress }: TrainingState): void {
  for (const name of ["train", "valid"] as const) {
    const found = leftOut[name].map(({ line, missing, lookAlike, problem = "" }): UnusedVideo => {
      if (missing === undefined) return { line, reason: { kind: "unreadable-file", problem } };
      return { line, reason: { kind: "missing-file", file: missing, ...(lookAlike !== undefined && { lookAlike }) } };
    });
    datasets[name].goOnFrom({ leftOut: found, isWhole: progress.epoch > 0 }, tagger.sampleOptions);
  }
}

type Datasets = { readonly train: VideoDataset; readonly valid: VideoDataset };

async function openDatasets(project: PaddleProject): Promise<Datasets> {
  return { train: await project.openDataset("train"), valid: await project.openDataset("valid") };
}

function expectKnownLabels({ name, findings: { labels } }: VideoDataset): void {
  if (countUnknownLabels(labels) <= MOST_UNKNOWN_LABELS * labels.written) return;
  const found = `${describeUnknownShare(labels)}: ${labels.unknown.slice(0, 3).map(describeUnknownLabel).join(" ")}`;
  throw new FormatError(
    name,
    undefined,
    `expected at most ${100 * MOST_UNKNOWN_LABELS} % of labels that are not in the class file. Got ${found} Mend them, or add --allow-unknown-labels.`,
  );
}

async function notesOf(project: PaddleProject, datasets: Datasets): Promise<string[]> {
  const notes = Object.values(datasets).flatMap(({ name, findings }) => {
    return describeFindings(findings).map((finding) => `${name}: ${finding}`);
  });
  const missingLock = await missingLockWarning();
  // Both may be one list.
  return [...new Set([...project.notes, ...notes, ...(missingLock === undefined ? [] : [missingLock])])];
}

async function fingerprintsOf(project: PaddleProject): Promise<RunManifest["datasets"]> {
  const { labels } = project;
  return {
    train: await fingerprintDataset(project.section("train"), labels),
    valid: await fingerprintDataset(project.section("valid"), labels),
  };
}

function expectSameData(before: RunManifest["datasets"], now: RunManifest["datasets"], run: string): void {
  const expectSame = (old: DatasetFingerprint, { list, sha256 }: DatasetFingerprint): void => {
    if (old.sha256 === sha256) return;
    const problem = `it, the labels or the sizes of its feature files are not what they were when ${run} began.`;
    throw new FormatError(list, undefined, `${problem} Begin a new run, with a checkpoint of this one.`);
  };
  expectSame(before.train, now.train);
  expectSame(before.valid, now.valid);
}

function trainOptions(
  project: PaddleProject,
  tagger: VideoTagger,
  datasets: Datasets,
  epochs: number | undefined,
): TrainingRun["options"] {
  const options = project.trainOptions(tagger, { listSize: datasets.train.size, epochs });
  return { ...options, ...datasets, state: createTrainingState(tagger.model, options) };
}
