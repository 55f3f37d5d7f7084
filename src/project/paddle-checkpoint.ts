import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeShape, TooLargeError } from "../core/errors.ts";
import { expectWasmRoom } from "../core/parameter-room.ts";
import { loadState, type ParameterValues, readState } from "../core/state.ts";
import { expectFinite } from "../formats/finite-values.ts";
import { FormatError } from "../formats/format-error.ts";
import { type NumericArray, toFloat32 } from "../formats/numeric-array.ts";
import { describeTagger } from "../models/describe-tagger.ts";
import type { ErnieConfig, ErnieEncoder } from "../models/ernie-encoder.ts";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";
import { countErnieParameters } from "../models/parameter-count.ts";
import { asFileError, exists, FileError, isFolder, makeFolder, readBytes, writeAtomically } from "../node/files.ts";
import { paddleNameOrder, readCombined, writeCombined } from "../paddle/combined-parameters.ts";
import { readLodTensor, writeLodTensor } from "../paddle/lod-tensor.ts";
import {
  erniePaddleTable,
  ernieReferenceShapes,
  type PaddleParameter,
  stateFromPaddle,
  stateToPaddle,
  taggerPaddleTable,
} from "../paddle/parameter-names.ts";
import { MANIFEST } from "../tagging/stored-tagger.ts";

/** What a file of one parameter must be. */
type NamedShape = Pick<PaddleParameter, "name" | "shape">;

/** Where the values of a checkpoint stand, by what a path leads to. */
export type CheckpointPath =
  /** A folder that saveTagger made. */
  | { readonly kind: "tagger"; readonly folder: string }
  /** Paddle's one file of all parameters. */
  | { readonly kind: "combined"; readonly file: string }
  /** Paddle's folder with a file for each parameter. */
  | { readonly kind: "variables"; readonly folder: string };

/**
 * Finds out what a path to a checkpoint leads to: a tagger's folder or its tagger.json, a folder or file of Paddle's.
 *
 * @throws FileError when the path leads nowhere; FormatError that says what to type, when it leads to a part of a tagger, to a
 *   run, or to a format that is not read
 */
export async function resolveCheckpoint(path: string): Promise<CheckpointPath> {
  const error = (problem: string) => new FormatError(path, undefined, problem);
  if (!(await isFolder(path))) {
    if (basename(path) === MANIFEST) return { kind: "tagger", folder: dirname(path) };
    if (path.endsWith(".safetensors") && (await exists(join(dirname(path), MANIFEST)))) {
      throw error(`expected a checkpoint. Got a tagger's weights alone: give its folder, ${dirname(path)}.`);
    }
    if (path.endsWith(".pdparams") || path.endsWith(".pdmodel")) {
      throw error(
        "expected a checkpoint of Paddle's static graph (param, or model.pdiparams). Got another file of Paddle's.",
      );
    }
    return { kind: "combined", file: path };
  }
  if (await exists(join(path, MANIFEST))) return { kind: "tagger", folder: path };
  const ownModel = await modelOfRun(path);
  if (ownModel !== undefined) {
    throw error(`expected a checkpoint. Got the folder of a run: give one of its models, ${ownModel}.`);
  }
  if (await exists(join(path, STATE))) {
    const run = join(path, "..");
    const model = await modelOfRun(run);
    const advice = model === undefined ? "" : `, or give one of its models, ${model}`;
    throw error(`expected a checkpoint. Got the state of a run: go on with it by train --resume ${run}${advice}.`);
  }
  const combined = (await namesIn(path)).filter((name) => name.endsWith(".pdiparams"));
  if (combined.length === 1) return { kind: "combined", file: join(path, combined[0] as string) };
  for (const name of ["param", "params"]) {
    if (await exists(join(path, name))) return { kind: "combined", file: join(path, name) };
  }
  return { kind: "variables", folder: path };
}

/** What a run's folder `state` has beside its tensors. */
const STATE = "checkpoint.json";

/** The best model of a run, or else its last one. */
async function modelOfRun(run: string): Promise<string | undefined> {
  for (const name of ["best", "last"]) {
    if (await exists(join(run, name, MANIFEST))) return join(run, name);
  }
  return undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw asFileError(error, folder);
  }
}

/**
 * Loads a checkpoint of the original into a tagger: a `param` file, or a folder with a file for each parameter.
 *
 * @throws FormatError that names the first parameter that does not fit, and the model that was expected
 */
export async function loadPaddleCheckpoint(
  tagger: MultimodalTagger,
  checkpoint: Exclude<CheckpointPath, { readonly kind: "tagger" }>,
): Promise<void> {
  const table = taggerPaddleTable(tagger);
  const model = describeTagger(tagger.config);
  const values =
    checkpoint.kind === "combined"
      ? await readCombinedFile(checkpoint.file, table, model)
      : await readVariables(checkpoint.folder, table, model);
  loadState(tagger, stateFromPaddle(values, table));
}

/**
 * Loads ERNIE's pretrained parameters from a folder with a file for each. Other files of the folder are passed over:
 * published ones hold the pretraining heads too.
 *
 * @throws FormatError that names the first parameter that does not fit, and the encoder that was expected
 */
export async function loadErnieFolder(encoder: ErnieEncoder, folder: string): Promise<void> {
  const table = erniePaddleTable(encoder);
  const values = await readVariables(folder, table, describeErnie(encoder.config));
  loadState(encoder, stateFromPaddle(values, table));
}

/**
 * What keeps `loadErnieFolder` from reading a folder into an encoder of this config: the first misfit, in a sentence. The files are
 * read one after another, without an encoder.
 *
 * @returns undefined when all of it fits
 */
export async function ernieFolderProblem(config: ErnieConfig, folder: string): Promise<string | undefined> {
  try {
    // The table of more parameters than any backend holds would be large itself.
    expectWasmRoom("ErnieEncoder", countErnieParameters(config));
    const table = ernieReferenceShapes(config);
    for (const parameter of table) await readVariable(folder, parameter, table, describeErnie(config));
    return undefined;
  } catch (error) {
    if (error instanceof TooLargeError || error instanceof FormatError || error instanceof FileError) {
      return error.message;
    }
    throw error;
  }
}

function describeErnie({ layers, hiddenSize }: ErnieConfig): string {
  return `ERNIE ${layers} x ${hiddenSize}`;
}

/** Writes ERNIE's parameters as the original has them: a file for each. */
export async function saveErnieFolder(encoder: ErnieEncoder, folder: string): Promise<void> {
  await makeFolder(folder);
  for (const [name, values] of stateToPaddle(await readState(encoder), erniePaddleTable(encoder))) {
    const bytes = writeLodTensor(toArray(values));
    await writeAtomically(join(folder, name), (handle) => handle.writeFile(bytes));
  }
}

/** Writes all parameters of a tagger into one file, as the original's `param` has them. */
export async function savePaddleCheckpoint(tagger: MultimodalTagger, file: string): Promise<void> {
  const values = stateToPaddle(await readState(tagger), taggerPaddleTable(tagger));
  const names = paddleNameOrder([...values.keys()]);
  const bytes = writeCombined(names.map((name) => toArray(values.get(name) as ParameterValues)));
  await writeAtomically(file, (handle) => handle.writeFile(bytes));
}

function toArray({ shape, data }: ParameterValues): NumericArray {
  return { dtype: "float32", shape, data };
}

/** A section's head as it stands in every configuration, in a line of its own. */
const CONFIGURATION = /^\[(MODEL|TRAIN|VALID|TEST|INFER)\]\s*$/m;
const MOST_LOOKED_AT = 2 ** 16;

/** A combined file has no names: its tensors stand in the order of the parameters' names, and shapes must tell. */
async function readCombinedFile(
  file: string,
  table: readonly PaddleParameter[],
  model: string,
): Promise<Map<string, ParameterValues>> {
  const bytes = await readBytes(file);
  if (CONFIGURATION.test(new TextDecoder().decode(bytes.subarray(0, MOST_LOOKED_AT)))) {
    const advice = "give it as --config, and as --checkpoint a tagger's folder or the original's param.";
    throw new FormatError(file, undefined, `expected a checkpoint. Got a configuration: ${advice}`);
  }
  const arrays = readCombined(bytes, { file });
  const parameters = new Map(table.map((parameter) => [parameter.name, parameter]));
  const values = new Map<string, ParameterValues>();
  for (const [index, name] of paddleNameOrder([...parameters.keys()]).entries()) {
    const parameter = parameters.get(name) as PaddleParameter;
    const array = arrays[index];
    if (array === undefined || !hasShapeOf(parameter, array)) {
      const got = `${array === undefined ? "none" : describeShape(array.shape)}, of ${arrays.length} tensors`;
      throw new FormatError(file, `tensor ${index}`, describeMisfit(parameter, got, table, model));
    }
    values.set(name, finiteValues(array, name, file));
  }
  const tooMany = arrays[table.length];
  if (tooMany !== undefined) {
    const problem = `Got ${arrays.length}; the first too many is ${describeShape(tooMany.shape)}.`;
    throw new FormatError(file, `tensor ${table.length}`, `${describeExpected(table, model)} ${problem}`);
  }
  return values;
}

/** A file for each parameter, named as it is. */
async function readVariables(
  folder: string,
  table: readonly PaddleParameter[],
  model: string,
): Promise<Map<string, ParameterValues>> {
  const values = new Map<string, ParameterValues>();
  for (const parameter of table) {
    values.set(parameter.name, await readVariable(folder, parameter, table, model));
  }
  return values;
}

async function readVariable(
  folder: string,
  parameter: NamedShape,
  table: readonly NamedShape[],
  model: string,
): Promise<ParameterValues> {
  const { name } = parameter;
  const file = join(folder, name);
  if (!(await exists(file))) {
    throw new FormatError(folder, undefined, describeMisfit(parameter, "no file of this name", table, model));
  }
  const array = readLodTensor(await readBytes(file), { file });
  if (!hasShapeOf(parameter, array)) {
    throw new FormatError(file, undefined, describeMisfit(parameter, describeShape(array.shape), table, model));
  }
  return finiteValues(array, name, file);
}

function hasShapeOf(parameter: NamedShape, array: NumericArray): boolean {
  return describeShape(array.shape) === describeShape(parameter.shape);
}

function finiteValues(array: NumericArray, name: string, file: string): ParameterValues {
  const data = toFloat32(array);
  expectFinite(data, name, file);
  return { shape: array.shape, data };
}

function describeMisfit({ name, shape }: NamedShape, got: string, table: readonly NamedShape[], model: string): string {
  const first = `The first that does not fit is ${name}: expected ${describeShape(shape)}. Got ${got}.`;
  return `${describeExpected(table, model)} ${first}`;
}

function describeExpected(table: readonly NamedShape[], model: string): string {
  return `expected the ${table.length} parameters of this model: ${model}.`;
}
