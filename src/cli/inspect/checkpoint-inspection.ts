import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { describeShape } from "../../core/errors.ts";
import { FormatError } from "../../formats/format-error.ts";
import type { NumericArray } from "../../formats/numeric-array.ts";
import { readSafetensors } from "../../formats/safetensors.ts";
import { asFileError, readBytes } from "../../node/files.ts";
import { taggerFiles } from "../../node/tagger-folder.ts";
import { readCombined } from "../../paddle/combined-parameters.ts";
import { readLodTensor } from "../../paddle/lod-tensor.ts";
import { MANIFEST, readStoredTagger } from "../../tagging/stored-tagger.ts";
import type { Inspection } from "./inspection.ts";

/** Paddle's file of parameters without names: their places stand for them. */
export function inspectCombined(bytes: Uint8Array, file: string): Inspection {
  return describeTensors(new Map(readCombined(bytes, { file }).map((array, index) => [`${index}`, array])));
}

export function inspectSafetensors(bytes: Uint8Array, file: string): Inspection {
  return describeTensors(readSafetensors(bytes, { file }).tensors);
}

/** A folder of saveTagger. */
export async function inspectTaggerFolder(folder: string): Promise<Inspection> {
  const { manifest, tensors } = await readStoredTagger(taggerFiles(folder));
  const { model, labels, threshold, texts } = manifest;
  const titleLength = texts["text"]?.maxLength;
  const described = describeTensors(tensors);
  return {
    ...described,
    json: { model, labels, threshold, titleLength, ...described.json },
    lines: [`labels: ${labels.join(", ")}`, `threshold: ${threshold}`, ...described.lines],
  };
}

/** A folder with a file for each of Paddle's parameters; text files may lie between them. */
export async function inspectVariables(folder: string): Promise<Inspection> {
  const tensors = new Map<string, NumericArray>();
  const problems: string[] = [];
  for (const name of (await listFolder(folder)).sort()) {
    if ([".txt", ".json"].includes(extname(name))) continue;
    const file = join(folder, name);
    try {
      tensors.set(name, readLodTensor(await readBytes(file), { file }));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.push(error.message);
    }
  }
  if (tensors.size === 0) {
    throw new FormatError(
      folder,
      undefined,
      `expected a checkpoint: ${MANIFEST}, param, or a file for each parameter.`,
    );
  }
  return { ...describeTensors(tensors), problems };
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    throw asFileError(error, folder);
  }
}

function describeTensors(tensors: ReadonlyMap<string, NumericArray>): Inspection {
  const values = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  return {
    kind: "checkpoint",
    json: { tensors: [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape })), values },
    lines: [
      `${tensors.size} tensors, ${values} values`,
      ...[...tensors].map(([name, { dtype, shape }]) => `${name}: ${dtype} ${describeShape(shape)}`),
    ],
    problems: [],
  };
}
