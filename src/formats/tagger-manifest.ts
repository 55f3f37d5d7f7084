import type { ErnieConfiguration } from "./ernie-configuration.ts";
import {
  type Field,
  type FieldEntry,
  filledText,
  flag,
  fraction,
  numberIn,
  oneOf,
  optional,
  readFields,
  wholeNumber,
} from "./fields.ts";
import { describeValue, FormatError, type ReadOptions } from "./format-error.ts";
import { type JsonValue, parseJson } from "./json.ts";
import { readText, type TextSource } from "./text.ts";

/** A file beside the manifest, and how to tell that it is whole. */
export interface ManifestFile {
  /** Its name, without a folder. */
  readonly file: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** What tagger.json says: everything about a saved tagger but its weights and vocabulary, which it names. */
export interface TaggerManifest {
  readonly model: ManifestModel;
  /** In class order. */
  readonly labels: readonly string[];
  readonly threshold: number;
  /** Undefined for a tagger without titles. */
  readonly text: { readonly maxLength: number; readonly vocabulary: ManifestFile } | undefined;
  readonly weights: ManifestFile;
}

/** A model's configuration, as the models take it. */
export interface ManifestModel {
  readonly image?: ManifestSequence;
  readonly audio?: ManifestSequence;
  readonly text?: ManifestText;
  readonly pooling: "self" | "text-guided";
  readonly numClasses: number;
  readonly head: "sigmoid" | "softmax";
  readonly dropoutRate: number;
  readonly dropoutScaling: "training" | "inference";
  readonly absentModalities?: "as-reference" | "masked";
}

export interface ManifestSequence {
  readonly featureSize: number;
  readonly units: number;
}

export interface ManifestText {
  readonly encoder: ManifestEncoder;
  readonly encoderTraining: "fine-tuned" | "frozen" | "frozen-with-dropout";
  readonly filters: number;
  readonly windows: readonly number[];
}

export interface ManifestEncoder extends ErnieConfiguration {
  readonly pooler?: boolean;
}

const FORMAT = "multimodal-video-tag";
const VERSION = 1;

/** The manifest as text: JSON, two spaces deep. */
export function writeTaggerManifest(manifest: TaggerManifest): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...manifest }, null, 2)}\n`;
}

/** @throws FormatError naming the key that is missing or has another value than it should */
export function readTaggerManifest(source: TextSource, { file }: ReadOptions): TaggerManifest {
  const root = parseJson(readText(source, file), file);
  const { format, version } = read(root, { format: anything(), version: anything() }, file, undefined);
  if (format !== FORMAT || version !== VERSION) {
    const expected = `expected format ${JSON.stringify(FORMAT)} and version ${VERSION}`;
    throw new FormatError(file, undefined, `${expected}. Got ${describeValue(format)} and ${describeValue(version)}.`);
  }
  const { model, text, weights, ...rest } = read(
    root,
    { model: anything(), labels: labels(), threshold: fraction(), text: optional(anything()), weights: anything() },
    file,
    undefined,
  );
  const manifest = {
    ...rest,
    model: readModel(model, file),
    text: text === undefined ? undefined : readTextPart(text, file),
    weights: readManifestFile(weights, file, "weights"),
  };
  const { numClasses } = manifest.model;
  if (rest.labels.length !== numClasses) {
    throw new FormatError(file, "labels", `expected ${numClasses} labels, a class each. Got ${rest.labels.length}.`);
  }
  if ((manifest.model.text === undefined) !== (manifest.text === undefined)) {
    throw new FormatError(file, "text", "expected text beside a model with titles, and none beside another.");
  }
  return manifest;
}

function readTextPart(value: JsonValue, file: string): NonNullable<TaggerManifest["text"]> {
  const { maxLength, vocabulary } = read(value, { maxLength: wholeNumber(2), vocabulary: anything() }, file, "text");
  return { maxLength, vocabulary: readManifestFile(vocabulary, file, "text.vocabulary") };
}

function readManifestFile(value: JsonValue, file: string, where: string): ManifestFile {
  return read(value, { file: plainName(), bytes: wholeNumber(0), sha256: digest() }, file, where);
}

function readModel(value: JsonValue, file: string): ManifestModel {
  const { image, audio, text, absentModalities, ...rest } = read(
    value,
    {
      image: optional(anything()),
      audio: optional(anything()),
      text: optional(anything()),
      pooling: oneOf("self", "text-guided"),
      numClasses: wholeNumber(1),
      head: oneOf("sigmoid", "softmax"),
      dropoutRate: dropoutRate(),
      dropoutScaling: oneOf("training", "inference"),
      absentModalities: optional(oneOf("as-reference", "masked")),
    },
    file,
    "model",
  );
  if (image === undefined && audio === undefined && text === undefined) {
    throw new FormatError(file, "model", "expected at least one of image, audio and text. Got none.");
  }
  if (rest.pooling === "text-guided" && text === undefined) {
    throw new FormatError(file, "model", "expected text, which the pooling text-guided needs. Got none.");
  }
  const sequence = (entry: JsonValue, where: string): ManifestSequence =>
    read(entry, { featureSize: wholeNumber(1), units: wholeNumber(1) }, file, where);
  return {
    ...rest,
    ...(absentModalities !== undefined && { absentModalities }),
    ...(image !== undefined && { image: sequence(image, "model.image") }),
    ...(audio !== undefined && { audio: sequence(audio, "model.audio") }),
    ...(text !== undefined && { text: readModelText(text, file) }),
  };
}

function readModelText(value: JsonValue, file: string): ManifestText {
  const { encoder, ...rest } = read(
    value,
    {
      encoder: anything(),
      encoderTraining: oneOf("fine-tuned", "frozen", "frozen-with-dropout"),
      filters: wholeNumber(1),
      windows: windows(),
    },
    file,
    "model.text",
  );
  const { pooler, ...sizes } = read(
    encoder,
    {
      vocabularySize: wholeNumber(1),
      hiddenSize: wholeNumber(1),
      layers: wholeNumber(0),
      heads: wholeNumber(1),
      maxPositions: wholeNumber(1),
      sentenceTypes: wholeNumber(1),
      taskTypes: wholeNumber(0),
      activation: oneOf("relu", "gelu"),
      hiddenDropout: dropoutRate(),
      attentionDropout: dropoutRate(),
      initializerRange: numberIn("a number of at least 0", (range) => range >= 0),
      pooler: optional(flag("true or false")),
    },
    file,
    "model.text.encoder",
  );
  if (sizes.hiddenSize % sizes.heads !== 0) {
    const problem = `hiddenSize must be a multiple of the ${sizes.heads} heads. Got ${sizes.hiddenSize}.`;
    throw new FormatError(file, "model.text.encoder", problem);
  }
  return { ...rest, encoder: { ...sizes, ...(pooler !== undefined && { pooler }) } };
}

function read<Fields extends Readonly<Record<string, Field<unknown>>>>(
  value: JsonValue,
  fields: Fields,
  file: string,
  where: string | undefined,
): ReturnType<typeof readFields<Fields>> {
  if (!(value instanceof Map)) throw new FormatError(file, where, `expected an object. Got ${describeValue(value)}.`);
  const entries = [...value].map(([key, entry]): [string, FieldEntry] => [key, { value: entry }]);
  return readFields(fields, new Map(entries), file, where);
}

function anything(): Field<JsonValue> {
  return { expected: "a value", check: (value) => value as JsonValue };
}

function labels(): Field<readonly string[]> {
  return {
    expected: "a list of different texts",
    check: (value) =>
      Array.isArray(value) && value.every((label) => typeof label === "string") && new Set(value).size === value.length
        ? value
        : undefined,
  };
}

function windows(): Field<readonly number[]> {
  const { check } = wholeNumber(1);
  return {
    expected: "a list of whole numbers, each at least 1",
    check: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((item) => check(item) !== undefined) ? value : undefined,
  };
}

function dropoutRate(): Field<number> {
  return numberIn("a number from 0 to 1, without 1", (rate) => rate >= 0 && rate < 1);
}

/** A name that stays in its folder. */
function plainName(): Field<string> {
  const { check } = filledText("");
  return {
    expected: "the name of a file, without a folder",
    check: (value) => (/[/\\\0]|^\.\.?$/.test(check(value) ?? "/") ? undefined : (value as string)),
  };
}

function digest(): Field<string> {
  return {
    expected: "64 hexadecimal digits",
    check: (value) => (typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : undefined),
  };
}
