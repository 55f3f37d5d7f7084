import { type Field, fraction, numberIn, oneOf, optional, type Place, wholeNumber } from "./fields.ts";
import { describeValue, FormatError, type ReadOptions } from "./format-error.ts";
import { type JsonValue, parseJson, writeJson } from "./json.ts";
import { anything, expectFormat, type ManifestFile, readManifestFile, readObject } from "./manifest.ts";
import { readText, type TextSource } from "./text.ts";

/**
 * What tagger.json says: everything about a saved tagger but its weights and vocabularies, which it names.
 *
 * @typeParam Model the model's configuration
 */
export interface TaggerManifest<Model = unknown> {
  readonly model: Model;
  /** In class order. */
  readonly labels: readonly string[];
  /** The score that a tag needs: one for all labels, or one each. */
  readonly threshold: number | readonly number[];
  /** What makes scores of logits, beyond the model's head; undefined when nothing does. */
  readonly calibration?: ManifestCalibration | undefined;
  /** For each modality that is a text; none for a tagger without texts. */
  readonly texts: Readonly<Record<string, ManifestText>>;
  readonly weights: ManifestFile;
}

/** How a text becomes tokens. */
export interface ManifestText {
  readonly maxLength: number;
  readonly vocabulary: ManifestFile;
}

/** How the model's part is read. */
export interface TaggerManifestOptions<Model> extends ReadOptions {
  readonly readModel: (value: unknown, place: Place) => Model;
  /** The names of its modalities that are texts. */
  readonly textsOf: (model: Model) => readonly string[];
}

export type ManifestCalibration =
  | { readonly kind: "temperature"; readonly temperature: number }
  | { readonly kind: "platt"; readonly scalings: readonly { readonly slope: number; readonly intercept: number }[] };

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
export function readTaggerManifest<Model extends { readonly numClasses: number }>(
  source: TextSource,
  { file, readModel, textsOf }: TaggerManifestOptions<Model>,
): TaggerManifest<Model> {
  const root = parseJson(readText(source, file), file);
  expectFormat(root, { format: FORMAT, version: VERSION }, file);
  const { model, texts, weights, calibration, ...rest } = readObject(
    root,
    {
      model: anything(),
      labels: labels(),
      threshold: thresholds(),
      calibration: optional(anything()),
      texts: anything(),
      weights: anything(),
    },
    file,
    undefined,
  );
  const complain = (path: string, problem: string) => new FormatError(file, path, problem);
  const manifest = {
    ...rest,
    model: readModel(model, { path: "model", complain }),
    ...(calibration !== undefined && { calibration: readCalibration(calibration, file) }),
    texts: readTexts(texts, file),
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
  const [wanted, given] = [[...textsOf(manifest.model)].sort(), Object.keys(manifest.texts).sort()];
  if (wanted.join() !== given.join()) {
    const [texts, got] = [wanted, given].map((names) => names.join(", ") || "none");
    throw new FormatError(file, "texts", `expected the model's texts, ${texts}. Got ${got}.`);
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

function readTexts(value: JsonValue, file: string): Record<string, ManifestText> {
  if (!(value instanceof Map)) throw new FormatError(file, "texts", `expected an object. Got ${describeValue(value)}.`);
  const texts = [...value].map(([name, entry]): [string, ManifestText] => {
    const where = `texts.${name}`;
    const fields = { maxLength: wholeNumber(2), vocabulary: anything() };
    const { maxLength, vocabulary } = readObject(entry, fields, file, where);
    return [name, { maxLength, vocabulary: readManifestFile(vocabulary, file, `${where}.vocabulary`) }];
  });
  return Object.fromEntries(texts);
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
