import type { SequenceRows } from "../core/sequence-batch.ts";
import { FormatError } from "../formats/format-error.ts";
import { readFeatureFile } from "../formats/pickle/feature-file.ts";

/** What features must be like. */
export interface FeatureOptions {
  /** Widths that the rows of modalities must have; any where one is left out. */
  readonly sizes?: { readonly [modality: string]: number };
  /** Modalities without which a video is reported and left out. Default: what the reader of its file cannot do without. */
  readonly required?: readonly string[];
}

/** What a file holds of one video. */
export interface DecodedFeatures {
  /** The name in the file; where it has none, the file's own. */
  readonly video: string;
  /** By modality; without rows where the video has none. */
  readonly rows: { readonly [modality: string]: SequenceRows };
  /** By modality, beside the list's title. */
  readonly texts?: { readonly [modality: string]: string };
  /** Of features that are longer than `maxRows`: how many rows they had before they were sampled. */
  readonly sampledFrom?: SampledFrom;
}

/** Rows of features before they were sampled, for each modality that was. */
export type SampledFrom = { readonly [modality: string]: number };

export interface DecodeOptions extends FeatureOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** The most rows of each modality that are kept: of longer ones so many, evenly sampled. Default: all. */
  readonly maxRows?: number | undefined;
}

/**
 * What makes features of a file's bytes. One that passes over `maxRows` may give more rows: they are sampled then.
 *
 * @param isOwn whether nobody else has the bytes, so that their memory may be handed to another thread. Default false
 * @throws FormatError for a file that cannot be used: the video is reported and left out
 */
export type FeatureDecoder = (
  bytes: Uint8Array,
  options: DecodeOptions,
  isOwn?: boolean,
) => DecodedFeatures | Promise<DecodedFeatures>;

/**
 * The modalities of a feature file of the original: `image` and `audio`. An image is required unless it is told otherwise.
 *
 * @param allocate makes the memory for so many values: shared memory, for example. Default: `new Float32Array`
 * @throws FormatError as readFeatureFile does
 */
export function decodeFeatureFile(
  bytes: Uint8Array,
  {
    file,
    sizes = {},
    required,
    maxRows,
    allocate,
  }: DecodeOptions & { readonly allocate?: (values: number) => Float32Array },
): DecodedFeatures {
  const { image: imageSize, audio: audioSize } = sizes;
  const { image, audio, ...others } = readFeatureFile(bytes, {
    file,
    maxRows,
    ...(imageSize !== undefined && { imageSize }),
    ...(audioSize !== undefined && { audioSize }),
    ...(allocate && { allocate }),
    imageMayBeAbsent: required !== undefined && !required.includes("image"),
  });
  return { ...others, rows: { image, audio } };
}

/** @throws FormatError when rows have another width than asked for, or a required modality is not there */
export function expectFeatures(
  { rows, texts }: Pick<DecodedFeatures, "rows" | "texts">,
  { file, sizes = {}, required = [] }: DecodeOptions,
): void {
  for (const [modality, size] of Object.entries(sizes)) {
    const own = rows[modality];
    if (own === undefined || own.rows === 0 || own.size === size) continue;
    throw new FormatError(file, modality, `expected rows of ${size} values. Got ${own.size}.`);
  }
  for (const modality of required) {
    if ((rows[modality]?.rows ?? 0) > 0 || (texts?.[modality] ?? "").trim() !== "") continue;
    throw new FormatError(file, modality, "expected at least 1 row, or a text. Got none.");
  }
}
