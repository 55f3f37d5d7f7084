import type { ErnieConfiguration } from "./ernie-configuration.ts";
import { dropoutRate, type Field, flag, fraction, numberIn, oneOf, optional, wholeNumber } from "./fields.ts";
import { FormatError, type ReadOptions } from "./format-error.ts";
import { type JsonValue, parseJson, writeJson } from "./json.ts";
import { anything, expectFormat, type ManifestFile, readManifestFile, readObject } from "./manifest.ts";
import { readText, type TextSource } from "./text.ts";

/** What tagger.json says: everything about a saved tagger but its weights and vocabulary, which it names. */
export interface TaggerManifest {
  readonly model: ManifestModel;
  /** In class order. */
  readonly labels: readonly string[];
  /** The score that a tag needs: one for all labels, or one each. */
  readonly threshold: number | readonly number[];
  /** What makes scores of logits, beyond the model's head; undefined when nothing does. */
  readonly calibration?: ManifestCalibration | undefined;
  /** Undefined for a tagger without titles. */
  readonly text: { readonly maxLength: number; readonly vocabulary: ManifestFile } | undefined;
  readonly weights: ManifestFile;
}

export type ManifestCalibration =
  | { readonly kind: "temperature"; readonly temperature: number }
  | { readonly kind: "platt"; readonly scalings: readonly { readonly slope: number; readonly intercept: number }[] };

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

/**
 * The manifest as text: JSON, two spaces deep.
 *
 * @throws RangeError when a number of it is not finite
 */
export function writeTaggerManifest(manifest: TaggerManifest): string {
  return `${writeJson({ format: FORMAT, version: VERSION, ...manifest })}\n`;
}

/** @throws FormatError naming the key that is missing or has another value than it should */
export function readTaggerManifest(source: TextSource, { file }: ReadOptions): TaggerManifest {
  const root = parseJson(readText(source, file), file);
  expectFormat(root, { format: FORMAT, version: VERSION }, file);
  const { model, text, weights, calibration, ...rest } = readObject(
    root,
    {
      model: anything(),
      labels: labels(),
      threshold: thresholds(),
      calibration: optional(anything()),
      text: optional(anything()),
      weights: anything(),
    },
    file,
    undefined,
  );
  const manifest = {
    ...rest,
    model: readModel(model, file),
    ...(calibration !== undefined && { calibration: readCalibration(calibration, file) }),
    text: text === undefined ? undefined : readTextPart(text, file),
    weights: readManifestFile(weights, file, "weights"),
  };
  const { numClasses } = manifest.model;
  if (rest.labels.length !== numClasses) {
    throw new FormatError(file, "labels", `expected ${numClasses} labels, a class each. Got ${rest.labels.length}.`);
  }
  expectOneEach("threshold", manifest.threshold, numClasses, file);
  if (manifest.calibration?.kind === "platt") {
    expectOneEach("calibration.scalings", manifest.calibration.scalings, numClasses, file);
  }
  if ((manifest.model.text === undefined) !== (manifest.text === undefined)) {
    throw new FormatError(file, "text", "expected text beside a model with titles, and none beside another.");
  }
  return manifest;
}

function expectOneEach(where: string, values: unknown, numClasses: number, file: string): void {
  if (!Array.isArray(values) || values.length === numClasses) return;
  throw new FormatError(file, where, `expected ${numClasses} of them, a class each. Got ${values.length}.`);
}

function readCalibration(value: JsonValue, file: string): ManifestCalibration {
  const where = "calibration";
  const { kind } = readObject(value, { kind: oneOf("temperature", "platt") }, file, where);
  if (kind === "temperature") {
    const temperature = numberIn("a number above 0", (number) => number > 0);
    return { kind, ...readObject(value, { temperature }, file, where) };
  }
  const { scalings } = readObject(value, { scalings: list() }, file, where);
  const number = numberIn("a number", () => true);
  const fields = { slope: number, intercept: number };
  return {
    kind,
    scalings: scalings.map((each, index) => readObject(each, fields, file, `${where}.scalings[${index}]`)),
  };
}

function readTextPart(value: JsonValue, file: string): NonNullable<TaggerManifest["text"]> {
  const { maxLength, vocabulary } = readObject(
    value,
    { maxLength: wholeNumber(2), vocabulary: anything() },
    file,
    "text",
  );
  return { maxLength, vocabulary: readManifestFile(vocabulary, file, "text.vocabulary") };
}

function readModel(value: JsonValue, file: string): ManifestModel {
  const { image, audio, text, absentModalities, ...rest } = readObject(
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
    readObject(entry, { featureSize: wholeNumber(1), units: wholeNumber(1) }, file, where);
  return {
    ...rest,
    ...(absentModalities !== undefined && { absentModalities }),
    ...(image !== undefined && { image: sequence(image, "model.image") }),
    ...(audio !== undefined && { audio: sequence(audio, "model.audio") }),
    ...(text !== undefined && { text: readModelText(text, file) }),
  };
}

function readModelText(value: JsonValue, file: string): ManifestText {
  const { encoder, ...rest } = readObject(
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
  const { pooler, ...sizes } = readObject(
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

/** A number from 0 to 1, or a list of them. */
function thresholds(): Field<number | readonly number[]> {
  const { expected, check } = fraction();
  return {
    expected: `${expected}, or a list of such numbers`,
    check: (value) => {
      if (!Array.isArray(value)) return check(value);
      return value.every((item) => check(item) !== undefined) ? value : undefined;
    },
  };
}

function list(): Field<readonly JsonValue[]> {
  return { expected: "a list", check: (value) => (Array.isArray(value) ? value : undefined) };
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
