import { filledText, numberIn, optional, wholeNumber } from "./fields.ts";
import type { ReadOptions } from "./format-error.ts";
import { parseJson, writeJson } from "./json.ts";
import { anything, digest, expectFormat, readObject } from "./manifest.ts";
import { readText, type TextSource } from "./text.ts";

/** What run.json says of a training run. */
export interface RunManifest {
  readonly seed: number;
  readonly backend: string;
  /** What the command line asked for beyond the configuration. */
  readonly options: RunOptions;
  readonly datasets: { readonly train: DatasetFingerprint; readonly valid: DatasetFingerprint };
}

/** More threads than any machine has memory for. */
export const MOST_WORKERS = 64;

export interface RunOptions {
  /** The checkpoint that the parameters came from. */
  readonly checkpoint?: string | undefined;
  /** Epochs, instead of the configuration's. */
  readonly epochs?: number | undefined;
  /** Threads that share the work; none, but the program's own, when it is not there. */
  readonly workers?: number | undefined;
}

/** By what a dataset is known again. */
export interface DatasetFingerprint {
  readonly list: string;
  readonly videos: number;
  /** Of the list's bytes, the labels, and the names and sizes of the feature files. */
  readonly sha256: string;
}

const FORMAT = { format: "multimodal-video-tag training run", version: 1 };

/** @param more is there for people to read: versions, the configuration as resolved */
export function writeRunManifest(manifest: RunManifest, more: Readonly<Record<string, unknown>>): string {
  return `${writeJson({ ...FORMAT, ...manifest, ...more })}\n`;
}

/** @throws FormatError naming the key that is missing or has another value than it should */
export function readRunManifest(source: TextSource, { file }: ReadOptions): RunManifest {
  const root = parseJson(readText(source, file), file);
  expectFormat(root, FORMAT, file);
  const fields = { seed: wholeNumber(0), backend: filledText("a name"), options: anything(), datasets: anything() };
  const { seed, backend, options, datasets } = readObject(root, fields, file, undefined);
  const parts = readObject(datasets, { train: anything(), valid: anything() }, file, "datasets");
  const fingerprint = { list: filledText("a path"), videos: wholeNumber(0), sha256: digest() };
  return {
    seed,
    backend,
    options: readObject(
      options,
      {
        checkpoint: optional(filledText("a path")),
        epochs: optional(wholeNumber(1)),
        workers: optional(
          numberIn(`a whole number from 1 to ${MOST_WORKERS}`, (workers) => {
            return Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS;
          }),
        ),
      },
      file,
      "options",
    ),
    datasets: {
      train: readObject(parts.train, fingerprint, file, "datasets.train"),
      valid: readObject(parts.valid, fingerprint, file, "datasets.valid"),
    },
  };
}
