import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { describeShape } from "../core/errors.ts";
import { classFileProblems, readClassFile } from "../formats/class-file.ts";
import { describeFeatureFile, type ModalityDescription } from "../formats/feature-file.ts";
import { FormatError } from "../formats/format-error.ts";
import { type ListRow, readListFile } from "../formats/list-file.ts";
import { readLodTensor } from "../formats/lod-tensor.ts";
import type { NumericArray } from "../formats/numeric-array.ts";
import { readCombined } from "../formats/paddle-checkpoint.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readTaggerManifest } from "../formats/tagger-manifest.ts";
import { asFileError, readBytes } from "../node/files.ts";
import { resolveCheckpoint } from "../node/reference-checkpoint.ts";
import { MANIFEST } from "../node/tagger-folder.ts";

/** What is to be said of a file. */
export interface Inspection {
  readonly kind: "feature file" | "checkpoint" | "list file" | "class file";
  /** For machines. */
  readonly json: object;
  /** For people. */
  readonly lines: readonly string[];
  /** A sentence for each reason why the file cannot be used. */
  readonly problems: readonly string[];
}

/**
 * Looks into a feature file, a checkpoint, a list or a class file.
 *
 * @throws FormatError when it is none of these, FileError when it cannot be read
 */
export async function inspectCommand(path: string): Promise<Inspection> {
  const checkpoint = await resolveCheckpoint(path);
  if (checkpoint.kind === "tagger") return inspectTaggerFolder(checkpoint.folder);
  if (checkpoint.kind === "variables") return inspectVariables(checkpoint.folder);
  const bytes = await readBytes(checkpoint.file);
  switch (kindOf(checkpoint.file, bytes)) {
    case "pickle":
      return inspectFeatureFile(bytes, path);
    case "safetensors":
      return describeTensors(readSafetensors(bytes, { file: path }).tensors);
    case "paddle":
      return describeTensors(new Map(readCombined(bytes, { file: path }).map((array, index) => [`${index}`, array])));
    case "text":
      return inspectText(bytes, path);
  }
}

/** What a file is meant to be: by its name if that says it, else by how it begins. */
function kindOf(file: string, bytes: Uint8Array): "pickle" | "safetensors" | "paddle" | "text" {
  const extension = extname(file).toLowerCase();
  if (extension === ".pkl" || extension === ".pickle") return "pickle";
  if (extension === ".safetensors") return "safetensors";
  if (extension === ".txt") return "text";
  if (basename(file) === "param" || basename(file) === "params") return "paddle";
  if (bytes[0] === 0x80) return "pickle";
  if (bytes.length >= 4 && bytes.subarray(0, 4).every((byte) => byte === 0)) return "paddle";
  if (bytes[8] === "{".charCodeAt(0)) return "safetensors";
  return "text";
}

function inspectFeatureFile(bytes: Uint8Array, file: string): Inspection {
  const { problems, ...description } = describeFeatureFile(bytes, { file });
  const line = (name: string, { dtype, shape, minimum, maximum, mean, notANumber, infinite }: ModalityDescription) => {
    const range = minimum === undefined ? "no values" : `${minimum} to ${maximum}, mean ${mean}`;
    const bad = notANumber + infinite > 0 ? `, ${notANumber} NaN, ${infinite} infinite` : "";
    return `${name}: ${dtype} ${describeShape(shape)}, ${range}${bad}`;
  };
  return {
    kind: "feature file",
    json: description,
    lines: [
      `video: ${description.video ?? "none"}`,
      line("image", description.image),
      line("audio", description.audio),
    ],
    problems,
  };
}

async function inspectTaggerFolder(folder: string): Promise<Inspection> {
  const file = join(folder, MANIFEST);
  const { model, labels, threshold, text, weights } = readTaggerManifest(await readBytes(file), { file });
  const weightsFile = join(folder, weights.file);
  const { tensors } = readSafetensors(await readBytes(weightsFile), { file: weightsFile });
  const described = describeTensors(tensors);
  return {
    ...described,
    json: { model, labels, threshold, titleLength: text?.maxLength, ...described.json },
    lines: [`labels: ${labels.join(", ")}`, `threshold: ${threshold}`, ...described.lines],
  };
}

/** A folder with a file for each of Paddle's parameters; text files may lie between them. */
async function inspectVariables(folder: string): Promise<Inspection> {
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
    json: {
      tensors: [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
      values,
    },
    lines: [
      `${tensors.size} tensors, ${values} values`,
      ...[...tensors].map(([name, { dtype, shape }]) => `${name}: ${dtype} ${describeShape(shape)}`),
    ],
    problems: [],
  };
}

/** A class file has a label a line, or a label and a number; every other text with rows is taken for a list. */
function inspectText(bytes: Uint8Array, file: string): Inspection {
  const rows = readListFile(bytes, { file });
  const isClassFile = rows.every(({ title, labels }) => labels.length === 0 && /^\s*\d*\s*$/.test(title));
  return isClassFile ? inspectClassFile(bytes, file) : inspectListFile(rows);
}

function inspectClassFile(bytes: Uint8Array, file: string): Inspection {
  const problems = classFileProblems(bytes, { file });
  const labels = problems.length > 0 ? [] : readClassFile(bytes, { file });
  return {
    kind: "class file",
    json: { labels },
    lines: [`${labels.length} labels: ${labels.join(", ")}`],
    problems,
  };
}

function inspectListFile(rows: readonly ListRow[]): Inspection {
  const names = new Set(rows.map(({ fileName }) => fileName));
  const videosOfLabel = new Map<string, number>();
  for (const label of rows.flatMap(({ labels }) => [...new Set(labels)])) {
    videosOfLabel.set(label, (videosOfLabel.get(label) ?? 0) + 1);
  }
  const byFrequency = [...videosOfLabel].sort(([, a], [, b]) => b - a);
  const labelled = rows.filter(({ labels }) => labels.length > 0);
  const counts = {
    rows: rows.length,
    repeatedNames: rows.length - names.size,
    withoutTitle: rows.filter(({ title }) => title.trim() === "").length,
    withoutLabel: rows.length - labelled.length,
    labels: videosOfLabel.size,
    labelsAVideo: labelled.reduce((sum, { labels }) => sum + labels.length, 0) / Math.max(1, labelled.length),
  };
  return {
    kind: "list file",
    json: { ...counts, videosOfLabel: Object.fromEntries(byFrequency) },
    lines: [
      `${counts.rows} rows: ${counts.repeatedNames} with a name that came before, ${counts.withoutTitle} without a title, ${counts.withoutLabel} without a label`,
      `${counts.labels} labels, ${counts.labelsAVideo.toFixed(2)} a video`,
      ...byFrequency.map(([label, videos]) => `${label}: ${videos}`),
    ],
    problems: rows.length === 0 ? ["The list has no rows."] : [],
  };
}
