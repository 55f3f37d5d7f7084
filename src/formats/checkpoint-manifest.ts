import { type Field, flag, numberIn, optional, wholeNumber } from "./fields.ts";
import { describeValue, FormatError, type ReadOptions } from "./format-error.ts";
import { type JsonValue, parseJson, writeJson } from "./json.ts";
import { anything, expectFormat, type ManifestFile, readManifestFile, readObject } from "./manifest.ts";
import { readText, type TextSource } from "./text.ts";

/** What checkpoint.json says: how far a training is, and which files hold its numbers. */
export interface CheckpointManifest {
  readonly progress: CheckpointProgress;
  /** The metrics of the finished epochs: the text of metrics.jsonl. */
  readonly metrics: string;
  /** Parameters that training changes, as `parameter.<path>`, and what the optimizer remembers, as `optimizer.<key>`. */
  readonly state: ManifestFile;
  /** The parameters of a frozen encoder; undefined without one. */
  readonly frozen: ManifestFile | undefined;
  /** The videos that were left out because of their files. */
  readonly leftOut: LeftOutVideos;
}

export interface LeftOutVideos {
  readonly train: readonly LeftOutVideo[];
  readonly valid: readonly LeftOutVideo[];
}

/** A video by its line in the list, and the name of the file that is missing (and of one that looks the same), or else what is wrong. */
export interface LeftOutVideo {
  readonly line: number;
  readonly missing?: string | undefined;
  readonly lookAlike?: string | undefined;
  readonly problem?: string | undefined;
}

/** Numbers by name. */
type Numbers = Readonly<Record<string, number>>;

export interface CheckpointProgress {
  readonly epoch: number;
  readonly step: number;
  readonly position: string | null;
  readonly examples: number;
  readonly loss: number;
  readonly sums: Numbers;
  readonly best: Numbers | null;
  readonly epochsWithoutBetter: number;
  readonly isAveraged: boolean;
}

const anyNumber = numberIn("a number", () => true);

const FORMAT = { format: "multimodal-video-tag training checkpoint", version: 1 };

/** The manifest as text: JSON, two spaces deep. */
export function writeCheckpointManifest(manifest: CheckpointManifest): string {
  return `${writeJson({ ...FORMAT, ...manifest })}\n`;
}

/** @throws FormatError naming the key that is missing or has another value than it should */
export function readCheckpointManifest(source: TextSource, { file }: ReadOptions): CheckpointManifest {
  const root = parseJson(readText(source, file), file);
  expectFormat(root, FORMAT, file);
  const fields = {
    progress: anything(),
    metrics: text(),
    state: anything(),
    frozen: optional(anything()),
    leftOut: anything(),
  };
  const { progress, metrics, state, frozen, leftOut } = readObject(root, fields, file, undefined);
  return {
    progress: readProgress(progress, file),
    metrics,
    state: readManifestFile(state, file, "state"),
    frozen: frozen === undefined ? undefined : readManifestFile(frozen, file, "frozen"),
    leftOut: readLeftOut(leftOut, file),
  };
}

function readProgress(value: JsonValue, file: string): CheckpointProgress {
  const progress = readObject(
    value,
    {
      epoch: wholeNumber(0),
      step: wholeNumber(0),
      position: orNull(text()),
      examples: wholeNumber(0),
      loss: anyNumber,
      sums: anything(),
      best: orNull(anything()),
      epochsWithoutBetter: wholeNumber(0),
      isAveraged: flag("true or false"),
    },
    file,
    "progress",
  );
  const sums = readNumbers(progress.sums, file, "progress.sums");
  const best = progress.best === null ? null : readNumbers(progress.best, file, "progress.best");
  // The keys stay in their order: a run that was resumed writes the bytes of one that never stopped.
  return { ...progress, sums, best };
}

/** Whatever names there are. */
function readNumbers(value: JsonValue, file: string, place: string): Numbers {
  const names = value instanceof Map ? [...value.keys()] : [];
  const fields: Record<string, Field<number>> = Object.fromEntries(names.map((name) => [name, anyNumber]));
  return readObject(value, fields, file, place);
}

function readLeftOut(value: JsonValue, file: string): LeftOutVideos {
  const videos = { train: anything(), valid: anything() };
  const { train, valid } = readObject(value, videos, file, "leftOut");
  return { train: readVideos(train, file, "leftOut.train"), valid: readVideos(valid, file, "leftOut.valid") };
}

function readVideos(value: JsonValue, file: string, place: string): LeftOutVideo[] {
  if (!Array.isArray(value)) throw new FormatError(file, place, `expected a list. Got ${describeValue(value)}.`);
  const fields = {
    line: wholeNumber(1),
    missing: optional(text()),
    lookAlike: optional(text()),
    problem: optional(text()),
  };
  return value.map((video, index) => readObject(video, fields, file, `${place}[${index}]`));
}

function text(): Field<string> {
  return { expected: "a text", check: (value) => (typeof value === "string" ? value : undefined) };
}

function orNull<Value>({ expected, check }: Field<Value>): Field<Value | null> {
  return { expected: `${expected}, or null`, check: (value) => (value === null ? null : check(value)) };
}
