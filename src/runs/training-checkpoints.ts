import { join } from "node:path";
import { assignVariables, type ParameterValues, readVariables } from "../core/state.ts";
import {
  type CheckpointManifest,
  type LeftOutVideos,
  readCheckpointManifest,
  writeCheckpointManifest,
} from "../formats/checkpoint-manifest.ts";
import { FormatError } from "../formats/format-error.ts";
import type { ManifestFile } from "../formats/manifest.ts";
import { toFloat32 } from "../formats/numeric-array.ts";
import { readSafetensors, safetensorsPieces } from "../formats/safetensors.ts";
import { readWhole, removeStale, writeNamedByContent } from "../node/content-files.ts";
import { exists, FileError, makeFolder, readBytes, TEXT_LIMIT, writeAtomically } from "../node/files.ts";
import { changingOf, type Trained } from "../training/train-step.ts";
import type { TrainingState } from "../training/training-state.ts";

const CURRENT = "checkpoint.json";
const PREVIOUS = "checkpoint.previous.json";
const STALE =
  /^(?:(?:state|frozen)-[0-9a-f]{16}\.safetensors(?:\.[0-9a-f]{12}\.tmp)?|checkpoint(?:\.previous)?\.json\.[0-9a-f]{12}\.tmp)$/;

/** What a training needs to go on as if it had never stopped. */
export interface Resumable {
  /** What has the parameters: a TrainStep, or a Module. */
  readonly model: Trained;
  readonly state: TrainingState;
}

/** What a checkpoint holds beside parameters and state. */
export interface RestoredCheckpoint {
  readonly metrics: string;
  readonly leftOut: LeftOutVideos;
  readonly problem: string | undefined;
}

const NONE_LEFT_OUT: LeftOutVideos = { train: [], valid: [] };

/**
 * The folder in which a training keeps its last two checkpoints. Each is a manifest that names its files and their
 * SHA-256, written last and atomically: whenever the process ends, the last one that was finished is whole. Should it be
 * damaged later, the one before it is there.
 */
export class TrainingCheckpoints {
  readonly folder: string;
  /** The manifest that checkpoint.json holds, where that is known to be whole. */
  #current: CheckpointManifest | undefined;
  #frozen: ManifestFile | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Keeps the present moment, between two events.
   *
   * @param metrics the text of metrics.jsonl so far
   * @param leftOut the videos that were left out because of their files
   * @throws FileError when it cannot be written; the checkpoints that were there are there still
   */
  async save({ model, state }: Resumable, metrics = "", leftOut: LeftOutVideos = NONE_LEFT_OUT): Promise<void> {
    const changing = changingOf(model);
    const frozen = [...model.parameters()].filter(([path]) => !changing.has(path));
    await makeFolder(this.folder);
    if (frozen.length > 0) this.#frozen ??= await this.#write("frozen", await readVariables(new Map(frozen)));
    const values = new Map<string, ParameterValues>();
    for (const [path, value] of await readVariables(changing)) values.set(`${PARAMETER}${path}`, value);
    for (const [key, value] of await readVariables(state.optimizer)) values.set(`${OPTIMIZER}${key}`, value);
    const written = await this.#write("state", values);
    if (this.#current !== undefined) await this.#writeManifest(PREVIOUS, this.#current);
    const manifest = { progress: state.progress, metrics, state: written, frozen: this.#frozen, leftOut };
    await this.#writeManifest(CURRENT, manifest);
    const kept = [this.#current, manifest].flatMap((each) => [each?.state.file, each?.frozen?.file]);
    this.#current = manifest;
    await removeStale(this.folder, STALE, kept);
  }

  /** Whether there is any, whole or damaged. */
  async exist(): Promise<boolean> {
    return (await exists(join(this.folder, CURRENT))) || (await exists(join(this.folder, PREVIOUS)));
  }

  /**
   * Puts parameters and state back to the last checkpoint that is whole.
   *
   * @returns what `save` was given, and what was found wrong with a later checkpoint; undefined when there is none at all
   * @throws FormatError or FileError when no checkpoint is whole; StateError when it is another model's
   */
  async restore({ model, state }: Resumable): Promise<RestoredCheckpoint | undefined> {
    let problem: Error | undefined;
    for (const name of [CURRENT, PREVIOUS]) {
      if (!(await exists(join(this.folder, name)))) continue;
      try {
        const { manifest, values } = await this.#read(name);
        restoreValues({ model, state }, values);
        state.progress = manifest.progress;
        this.#current = manifest;
        this.#frozen = manifest.frozen;
        return { metrics: manifest.metrics, leftOut: manifest.leftOut, problem: problem?.message };
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof FileError)) throw error;
        problem ??= error;
      }
    }
    if (problem !== undefined) throw problem;
    return undefined;
  }

  async #read(name: string): Promise<{ manifest: CheckpointManifest; values: Map<string, ParameterValues> }> {
    const file = join(this.folder, name);
    const manifest = readCheckpointManifest(await readBytes(file, { limit: TEXT_LIMIT }), { file });
    const values = new Map<string, ParameterValues>();
    for (const [part, prefix] of [
      [manifest.frozen, PARAMETER],
      [manifest.state, ""],
    ] as const) {
      if (part === undefined) continue;
      const bytes = await readWhole(this.folder, part, name);
      const { tensors } = readSafetensors(bytes, { file: join(this.folder, part.file) });
      for (const [key, array] of tensors) {
        values.set(`${prefix}${key}`, { shape: array.shape, data: toFloat32(array) });
      }
    }
    return { manifest, values };
  }

  #write(name: string, values: ReadonlyMap<string, ParameterValues>): Promise<ManifestFile> {
    const tensors = [...values].map(([key, value]) => [key, { dtype: "float32", ...value }] as const);
    return writeNamedByContent(this.folder, name, "safetensors", ...safetensorsPieces(new Map(tensors)));
  }

  #writeManifest(name: string, manifest: CheckpointManifest): Promise<void> {
    const text = writeCheckpointManifest(manifest);
    return writeAtomically(join(this.folder, name), (handle) => handle.writeFile(text));
  }
}

const PARAMETER = "parameter.";
const OPTIMIZER = "optimizer.";

/** Sets both parts, or throws before the first value is written. */
function restoreValues({ model, state }: Resumable, values: ReadonlyMap<string, ParameterValues>): void {
  const variables = new Map([
    ...[...model.parameters()].map(([path, variable]) => [`${PARAMETER}${path}`, variable] as const),
    ...[...state.optimizer].map(([key, variable]) => [`${OPTIMIZER}${key}`, variable] as const),
  ]);
  assignVariables(variables, values);
}
