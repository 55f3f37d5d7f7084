import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describeShape } from "../core/errors.ts";
import { loadState, type ParameterValues, readState } from "../core/state.ts";
import { FormatError } from "../formats/format-error.ts";
import { readLodTensor, writeLodTensor } from "../formats/lod-tensor.ts";
import { type NumericArray, toFloat32 } from "../formats/numeric-array.ts";
import { paddleNameOrder, readCombined, writeCombined } from "../formats/paddle-checkpoint.ts";
import { describeTagger } from "../models/describe-tagger.ts";
import type { ErnieEncoder } from "../models/ernie-encoder.ts";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";
import {
  ernieReferenceTable,
  type ReferenceParameter,
  stateFromReference,
  stateToReference,
  taggerReferenceTable,
} from "../models/reference-names.ts";
import { asFileError, errorCode, makeFolder, readBytes, writeAtomically } from "./files.ts";
import { MANIFEST } from "./tagger-folder.ts";

/** Where the values of a checkpoint stand, by what a path leads to. */
export type CheckpointPath =
  /** A folder that saveTagger made. */
  | { readonly kind: "tagger"; readonly folder: string }
  /** Paddle's one file of all parameters. */
  | { readonly kind: "combined"; readonly file: string }
  /** Paddle's folder with a file for each parameter. */
  | { readonly kind: "variables"; readonly folder: string };

/** @throws FileError when the path leads nowhere */
export async function resolveCheckpoint(path: string): Promise<CheckpointPath> {
  if (!(await isFolder(path))) return { kind: "combined", file: path };
  if (await exists(join(path, MANIFEST))) return { kind: "tagger", folder: path };
  for (const name of ["param", "params"]) {
    if (await exists(join(path, name))) return { kind: "combined", file: join(path, name) };
  }
  return { kind: "variables", folder: path };
}

/**
 * Loads a checkpoint of the original into a tagger: a `param` file, or a folder with a file for each parameter.
 *
 * @throws FormatError that names the first parameter that does not fit, and the model that was expected
 */
export async function loadReferenceCheckpoint(
  tagger: MultimodalTagger,
  checkpoint: Exclude<CheckpointPath, { readonly kind: "tagger" }>,
): Promise<void> {
  const table = taggerReferenceTable(tagger);
  const values =
    checkpoint.kind === "combined"
      ? await readCombinedFile(checkpoint.file, table, describeTagger(tagger.config))
      : await readVariables(checkpoint.folder, table);
  loadState(tagger, stateFromReference(values, table));
}

/**
 * Loads ERNIE's pretrained parameters from a folder with a file for each. Other files of the folder are passed over:
 * published ones hold the pretraining heads too.
 *
 * @throws FormatError when a file is damaged or of another shape, FileError when one is missing
 */
export async function loadErnieFolder(encoder: ErnieEncoder, folder: string): Promise<void> {
  const table = ernieReferenceTable(encoder);
  loadState(encoder, stateFromReference(await readVariables(folder, table), table));
}

/** Writes ERNIE's parameters as the original has them: a file for each. */
export async function saveErnieFolder(encoder: ErnieEncoder, folder: string): Promise<void> {
  await makeFolder(folder);
  for (const [name, values] of stateToReference(await readState(encoder), ernieReferenceTable(encoder))) {
    const bytes = writeLodTensor(toArray(values));
    await writeAtomically(join(folder, name), (handle) => handle.writeFile(bytes));
  }
}

/** Writes all parameters of a tagger into one file, as the original's `param` has them. */
export async function saveReferenceCheckpoint(tagger: MultimodalTagger, file: string): Promise<void> {
  const values = stateToReference(await readState(tagger), taggerReferenceTable(tagger));
  const names = paddleNameOrder([...values.keys()]);
  const bytes = writeCombined(names.map((name) => toArray(values.get(name) as ParameterValues)));
  await writeAtomically(file, (handle) => handle.writeFile(bytes));
}

function toArray({ shape, data }: ParameterValues): NumericArray {
  return { dtype: "float32", shape, data };
}

/** A combined file has no names: its tensors stand in the order of the parameters' names, and shapes must tell. */
async function readCombinedFile(
  file: string,
  table: readonly ReferenceParameter[],
  model: string,
): Promise<Map<string, ParameterValues>> {
  const arrays = readCombined(await readBytes(file), { file });
  const shapes = new Map(table.map(({ name, shape }) => [name, shape]));
  const names = paddleNameOrder([...shapes.keys()]);
  const expected = `expected the ${names.length} parameters of this model: ${model}.`;
  const values = new Map<string, ParameterValues>();
  for (const [index, name] of names.entries()) {
    const array = arrays[index];
    const shape = shapes.get(name) as readonly number[];
    if (array === undefined || describeShape(array.shape) !== describeShape(shape)) {
      const got = array === undefined ? "none" : describeShape(array.shape);
      const problem = `The first that does not fit is ${name}: expected ${describeShape(shape)}. Got ${got}`;
      throw new FormatError(file, `tensor ${index}`, `${expected} ${problem}, of ${arrays.length} tensors.`);
    }
    values.set(name, { shape, data: toFloat32(array) });
  }
  if (arrays.length > names.length) {
    const got = describeShape(arrays[names.length]?.shape ?? []);
    throw new FormatError(
      file,
      `tensor ${names.length}`,
      `${expected} Got ${arrays.length}; the first too many is ${got}.`,
    );
  }
  return values;
}

async function readVariables(
  folder: string,
  table: readonly ReferenceParameter[],
): Promise<Map<string, ParameterValues>> {
  const values = new Map<string, ParameterValues>();
  for (const { name, shape } of table) {
    const file = join(folder, name);
    const array = readLodTensor(await readBytes(file), { file });
    if (describeShape(array.shape) !== describeShape(shape)) {
      const problem = `expected a tensor of shape ${describeShape(shape)}. Got ${describeShape(array.shape)}.`;
      throw new FormatError(file, undefined, problem);
    }
    values.set(name, { shape, data: toFloat32(array) });
  }
  return values;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw asFileError(error, path);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw asFileError(error, path);
  }
}
