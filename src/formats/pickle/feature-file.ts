import { describeValue, FormatError, type ReadOptions } from "../format-error.ts";
import { type DataType, firstNotFinite, type NumericArray, numberAt, writeFloat32 } from "../numeric-array.ts";
import { expectReadOptions } from "../read-options.ts";
import { sampledRow } from "../row-sampling.ts";
import { isNumericArray, stackRows } from "./feature-rows.ts";
import { readPickle } from "./pickle.ts";
import { type PickleValue, pickleText } from "./pickle-value.ts";

/** The features of one modality: `rows` moments in time, `size` values each, row after row. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly size: number;
  readonly data: Float32Array;
}

/** What a feature file holds of one video. Audio may have no rows; image too, where the reader allows it. */
export interface FeatureFile {
  /** The name in the file; where it has none, the file's own, without its folder and `.pkl`. */
  readonly video: string;
  readonly image: FeatureMatrix;
  readonly audio: FeatureMatrix;
  /** Of features that are longer than `maxRows`: how many rows they had before they were sampled. */
  readonly sampledFrom?: SampledFrom;
}

/** Rows of features before they were sampled, for each modality that was. */
export type SampledFrom = { readonly [modality in "image" | "audio"]?: number };

export interface FeatureFileOptions extends ReadOptions {
  /** Width that image features must have; any when it is left out. */
  readonly imageSize?: number;
  /** Whether image features may have no rows. Default false, as in the reference. */
  readonly imageMayBeAbsent?: boolean;
  /** Width that audio features must have, unless there are none; any when it is left out. */
  readonly audioSize?: number;
  /** The most rows of image and of audio that are kept: of longer ones so many, evenly sampled. Default: all. */
  readonly maxRows?: number | undefined;
  /** Makes the memory for so many values: shared memory, for example. Default: `new Float32Array`. */
  readonly allocate?: (values: number) => Float32Array;
}

const FEATURE_OPTIONS = ["imageSize", "imageMayBeAbsent", "audioSize", "maxRows", "allocate"] as const;

/** One modality as it is stored, for a reader who looks for what is wrong with a file. */
export interface ModalityDescription {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Of the finite values; undefined when there are none. */
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly mean: number | undefined;
  readonly notANumber: number;
  readonly infinite: number;
}

export interface FeatureFileDescription {
  /** Undefined when the file does not name its video. */
  readonly video: string | undefined;
  readonly image: ModalityDescription;
  readonly audio: ModalityDescription;
  /** A sentence for each reason why readFeatureFile refuses the file. */
  readonly problems: readonly string[];
}

/**
 * Reads a video's features: a Python pickle of `{'feature': {'image_pkl': array [rows, size], 'audio_pkl': array
 * [rows, size]}, 'video': str}`, where lists of rows will do for arrays, and any kind of dict for a dict; other keys are
 * passed over, whatever they hold. Any numeric dtype becomes float32, in memory of its own.
 * Source: the feature reader of PaddleVideo's MultimodalVideoTag.
 *
 * @throws FormatError when the file is no such pickle, when image has no rows and may not be absent, when a width is not
 *   the one asked for, or when a value is not finite in float32
 */
export function readFeatureFile(bytes: Uint8Array, options: FeatureFileOptions): FeatureFile {
  expectReadOptions("readFeatureFile", options, FEATURE_OPTIONS);
  const stored = openFeatureFile(bytes, options.file);
  const { image, audio } = convert(stored, options);
  if (image instanceof FormatError) throw image;
  if (audio instanceof FormatError) throw audio;
  const { maxRows = Number.POSITIVE_INFINITY } = options;
  const [imageRows = 0, audioRows = 0] = [stored.image.shape[0], stored.audio.shape[0]];
  const sampledFrom = {
    ...(imageRows > maxRows && { image: imageRows }),
    ...(audioRows > maxRows && { audio: audioRows }),
  };
  const isSampled = imageRows > maxRows || audioRows > maxRows;
  return { video: stored.video ?? nameOf(options.file), image, audio, ...(isSampled && { sampledFrom }) };
}

/**
 * Describes a feature file, good or not, and lists every reason why it would be refused.
 *
 * @throws FormatError when the file is no pickle with two arrays of features
 */
export function describeFeatureFile(bytes: Uint8Array, options: FeatureFileOptions): FeatureFileDescription {
  expectReadOptions("describeFeatureFile", options, FEATURE_OPTIONS);
  const stored = openFeatureFile(bytes, options.file);
  const converted = convert(stored, options);
  return {
    video: stored.video,
    image: describeModality(stored.image),
    audio: describeModality(stored.audio),
    problems: Object.values(converted).flatMap((part) => (part instanceof FormatError ? [part.message] : [])),
  };
}

/** How many values of shared rows are taken of any file; a larger file may have as many as it has bytes. */
const FEWEST_VALUES = 2 ** 20;

/** A feature file's parts before anything is asked of them. */
interface StoredFeatures {
  readonly video: string | undefined;
  readonly image: NumericArray;
  readonly audio: NumericArray;
}

function openFeatureFile(bytes: Uint8Array, file: string): StoredFeatures {
  const record = readPickle(bytes, { file });
  if (!(record instanceof Map)) {
    throw new FormatError(file, undefined, `expected a dict with the key feature. Got ${describeValue(record)}.`);
  }
  const feature = record.get("feature");
  if (!(feature instanceof Map)) {
    const expected = "expected a dict with image_pkl and audio_pkl";
    throw new FormatError(file, "feature", `${expected}. Got ${describeValue(feature)}.`);
  }
  const arrayOf = (key: string): NumericArray => {
    const value = feature.get(key);
    const place = `feature.${key}`;
    if (isNumericArray(value)) return value;
    if (Array.isArray(value)) return stackRows(value, file, place, Math.max(FEWEST_VALUES, bytes.length));
    throw new FormatError(file, place, `expected an array or a list of rows. Got ${describeValue(value)}.`);
  };
  return { video: videoName(record.get("video")), image: arrayOf("image_pkl"), audio: arrayOf("audio_pkl") };
}

function videoName(video: PickleValue | undefined): string | undefined {
  return typeof video === "number" || typeof video === "bigint" ? String(video) : pickleText(video);
}

function nameOf(file: string): string {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1).replace(/\.pkl$/, "");
}

/** Both modalities, or what is wrong with them. */
function convert(
  { image, audio }: StoredFeatures,
  options: FeatureFileOptions,
): Record<"image" | "audio", FeatureMatrix | FormatError> {
  const { file, imageSize, audioSize, imageMayBeAbsent = false } = options;
  return {
    image:
      image.shape[0] === 0 && !imageMayBeAbsent
        ? new FormatError(file, "feature.image_pkl", "expected at least 1 row. Got none.")
        : convertMatrix(image, imageSize, "feature.image_pkl", options),
    audio: convertMatrix(audio, audioSize, "feature.audio_pkl", options),
  };
}

function convertMatrix(
  array: NumericArray,
  expectedSize: number | undefined,
  key: string,
  { file, maxRows = Number.POSITIVE_INFINITY, allocate = (values) => new Float32Array(values) }: FeatureFileOptions,
): FeatureMatrix | FormatError {
  const [rows, size] = array.shape;
  if (rows === 0) return { rows, size: size ?? 0, data: new Float32Array(0) };
  if (rows === undefined || size === undefined || array.shape.length !== 2) {
    return new FormatError(file, key, `expected the shape (rows, size). Got (${array.shape.join(", ")}).`);
  }
  if (size === 0 || size !== (expectedSize ?? size)) {
    return new FormatError(file, key, `expected rows of ${expectedSize ?? "at least 1"} values. Got ${size}.`);
  }
  const position = firstNotFinite(array);
  if (position !== -1) {
    const place = `${key} row ${Math.floor(position / size)}, column ${position % size}`;
    const stored = numberAt(array, position);
    return new FormatError(file, place, `expected a finite float32. Got ${stored}.`);
  }
  const kept = Math.min(rows, maxRows);
  const data = allocate(kept * size);
  if (kept === rows) writeFloat32(array, 0, data);
  else {
    for (let place = 0; place < kept; place++) {
      const begin = sampledRow(place, rows, kept) * size;
      writeFloat32(array, begin, data.subarray(place * size, (place + 1) * size));
    }
  }
  return { rows: kept, size, data };
}

function describeModality(array: NumericArray): ModalityDescription {
  const { dtype, shape, data } = array;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let notANumber = 0;
  let infinite = 0;
  for (let index = 0; index < data.length; index++) {
    const value = numberAt(array, index);
    if (Number.isNaN(value)) notANumber++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      minimum = Math.min(minimum, value);
      maximum = Math.max(maximum, value);
      sum += value;
    }
  }
  const finite = data.length - notANumber - infinite;
  return {
    dtype,
    shape,
    minimum: finite === 0 ? undefined : minimum,
    maximum: finite === 0 ? undefined : maximum,
    mean: finite === 0 ? undefined : sum / finite,
    notANumber,
    infinite,
  };
}
