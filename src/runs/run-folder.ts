import { basename, join, resolve } from "node:path";
import type { LeftOutVideos } from "../formats/checkpoint-manifest.ts";
import { FormatError } from "../formats/format-error.ts";
import { writeJson } from "../formats/json.ts";
import { type RunManifest, readRunManifest, writeRunManifest } from "../formats/run-manifest.ts";
import { readText, splitLines } from "../formats/text.ts";
import { removeStale } from "../node/content-files.ts";
import {
  exists,
  expectWritable,
  FileError,
  isFolder,
  makeFolder,
  readBytes,
  TEXT_LIMIT,
  writeAtomically,
} from "../node/files.ts";
import { saveTagger } from "../node/tagger-folder.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import type { TaggerEpochEvent } from "../training/train-tagger.ts";
import type { TrainingState } from "../training/training-state.ts";
import { FolderLock } from "./folder-lock.ts";
import { TrainingCheckpoints } from "./training-checkpoints.ts";

const MANIFEST = "run.json";
const METRICS = "metrics.jsonl";
const WARNINGS = "warnings.txt";
/** What a process that was killed while it wrote has left. */
const UNFINISHED =
  /^(?:run\.json|conf\.txt|metrics\.jsonl|warnings\.txt|videos\.json|scores\.safetensors|report\.html)\.[0-9a-f]{12}\.tmp$/;
/** Everything by which a folder is known to hold a run, or the rest of one. */
const PARTS = [MANIFEST, METRICS, "last", "best", "state"];

/** What people may give in place of the run. */
const PARTS_OF_RUN = [...PARTS, "conf.txt", "report.html"];

/**
 * The folder of a training run: `run.json` and `conf.txt` (what it is), `metrics.jsonl` (a line an epoch),
 * `warnings.txt` (of the data), `last` and `best` (folders of saveTagger), `state` (to go on from), and when it is over
 * the best model's scores and `report.html`.
 */
export class RunFolder {
  readonly path: string;
  readonly last: string;
  readonly best: string;
  /** The configuration as the run began with it. */
  readonly configuration: string;
  readonly metricsFile: string;
  /** The page of a finished run. */
  readonly report: string;
  readonly #checkpoints: TrainingCheckpoints;
  #lock: FolderLock | undefined;
  /** The text of metrics.jsonl. */
  #metrics = "";

  constructor(path: string) {
    this.path = path;
    this.last = join(path, "last");
    this.best = join(path, "best");
    this.configuration = join(path, "conf.txt");
    this.metricsFile = join(path, METRICS);
    this.report = join(path, "report.html");
    this.#checkpoints = new TrainingCheckpoints(join(path, "state"));
  }

  /** @throws FileError when the folder cannot be written, or holds a run: it may be all that is left of hours of work */
  async expectVacant(): Promise<void> {
    for (const name of PARTS) {
      if (await exists(join(this.path, name))) {
        throw new FileError(this.path, "it holds a run already. Choose another folder, or go on with --resume.");
      }
    }
    await expectWritable(this.path);
  }

  /**
   * Makes the folder, which is this process's own from here on.
   *
   * @param more is there for people to read: versions, the configuration as resolved
   * @throws FileError when another process was faster, or the folder cannot be written
   */
  async begin(
    manifest: RunManifest,
    configuration: Uint8Array,
    more: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await makeFolder(this.path);
    await this.occupy();
    await this.expectVacant();
    await writeAtomically(this.configuration, (handle) => handle.writeFile(configuration));
    await this.#write(MANIFEST, writeRunManifest(manifest, more));
  }

  /**
   * Makes the folder this process's own, until `release` or the process's end.
   *
   * @throws FileError that names the process that works in it already
   */
  async occupy(): Promise<void> {
    this.#lock ??= await FolderLock.take(this.path);
  }

  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /** @throws FileError or FormatError when there is no run, or its manifest is damaged */
  async readManifest(): Promise<RunManifest> {
    await expectWholeRun(this.path, (run) => `--resume ${run}`);
    const file = join(this.path, MANIFEST);
    return readRunManifest(await readBytes(file, { limit: TEXT_LIMIT }), { file });
  }

  /**
   * Keeps a moment of a training, from which it can go on.
   *
   * @throws FileError when it cannot be written, or the folder is not the one in which the run began
   */
  async saveState(tagger: VideoTagger, state: TrainingState, leftOut?: LeftOutVideos): Promise<void> {
    await this.#lock?.expectHeld();
    await this.#checkpoints.save({ model: tagger.model, state }, this.#metrics, leftOut);
  }

  /**
   * Keeps a finished epoch. The state comes last: whoever goes on from an older one does the epoch again, and gets the
   * same.
   */
  async saveEpoch(
    tagger: VideoTagger,
    state: TrainingState,
    event: TaggerEpochEvent,
    leftOut?: LeftOutVideos,
  ): Promise<void> {
    await this.#lock?.expectHeld();
    if (event.isBest) await saveTagger(tagger, this.best);
    await saveTagger(tagger, this.last);
    this.#metrics += `${writeJson(metricsOf(event), 0)}\n`;
    await this.#write(METRICS, this.#metrics);
    await this.saveState(tagger, state, leftOut);
  }

  /** Whether a moment of the training was kept. */
  hasState(): Promise<boolean> {
    return this.#checkpoints.exist();
  }

  /**
   * Puts tagger and state back to the last moment that was kept, or leaves them as they are when there is none.
   *
   * @returns the videos that were left out until then, and what was found wrong with a later moment
   * @throws FileError when none is whole
   */
  async restore(
    tagger: VideoTagger,
    state: TrainingState,
  ): Promise<{ readonly leftOut?: LeftOutVideos; readonly problem?: string | undefined }> {
    await removeStale(this.path, UNFINISHED, []);
    const restored = await this.#checkpoints.restore({ model: tagger.model, state }).catch(async (error) => {
      throw error instanceof FormatError || error instanceof FileError ? await this.#lost(error) : error;
    });
    this.#metrics = restored?.metrics ?? "";
    if (restored !== undefined) await this.#write(METRICS, this.#metrics);
    return restored ?? {};
  }

  /** That no moment can be gone on from, and what is left of the run. */
  async #lost(problem: Error): Promise<FileError> {
    const rest = (await exists(this.last))
      ? `${this.last} has the model of the last finished epoch: a new run can start from it, with --checkpoint.`
      : "No epoch was finished: the run begins anew in another folder.";
    return new FileError(this.path, `no state to go on from is whole. ${problem.message} ${rest}`, problem);
  }

  /** Keeps what is to be said of the data: sentences, a line each. */
  writeWarnings(warnings: readonly string[]): Promise<void> {
    return this.#write(WARNINGS, warnings.map((warning) => `${warning}\n`).join(""));
  }

  /** The sentences of writeWarnings; undefined when the data were not looked at for a whole epoch yet. */
  async readWarnings(): Promise<readonly string[] | undefined> {
    const file = join(this.path, WARNINGS);
    if (!(await exists(file))) return undefined;
    return splitLines(readText(await readBytes(file), file)).filter((line) => line !== "");
  }

  #write(name: string, text: string): Promise<void> {
    return writeAtomically(join(this.path, name), (handle) => handle.writeFile(text));
  }
}

/**
 * That a path leads to no part of a run, such as its `best` or its `run.json`. Whether it leads to a run is not asked.
 *
 * @param words what to type, with the path of the run
 * @throws FormatError that says it
 */
export async function expectWholeRun(path: string, words: (run: string) => string): Promise<void> {
  const [name, parent] = [basename(resolve(path)), join(path, "..")];
  if (!PARTS_OF_RUN.includes(name) || !(await exists(join(parent, MANIFEST)))) return;
  if ((await isFolder(path)) && (await exists(join(path, MANIFEST)))) return; // a run that is called "best"
  throw new FormatError(path, undefined, `expected the folder of a run. Got a part of one: type ${words(parent)}.`);
}

/** A line of metrics.jsonl. */
function metricsOf({
  epoch,
  learningRate,
  loss,
  evaluation,
  isBest,
}: TaggerEpochEvent): Readonly<Record<string, unknown>> {
  const { videos, hitAtK, meanAveragePrecision } = evaluation;
  const valid = { loss: evaluation.loss, videos, hitAtK: Object.fromEntries(hitAtK), meanAveragePrecision };
  return { epoch: epoch + 1, learningRate, loss, valid, isBest };
}
