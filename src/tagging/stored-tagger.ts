import { MismatchError, StateError } from "../core/errors.ts";
import { expectOptions } from "../core/options.ts";
import { loadState, type ParameterValues } from "../core/state.ts";
import type { FileSource } from "../data/file-source.ts";
import { expectFinite } from "../formats/finite-values.ts";
import { FormatError, type ReadOptions } from "../formats/format-error.ts";
import type { ManifestFile } from "../formats/manifest.ts";
import { type NumericArray, toFloat32 } from "../formats/numeric-array.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { type ManifestText, readTaggerManifest, type TaggerManifest } from "../formats/tagger-manifest.ts";
import type { TextSource } from "../formats/text.ts";
import { expectWhole, wholeText } from "../formats/whole-bytes.ts";
import { POOLINGS } from "../layers/pooling/poolings.ts";
import { MultimodalTagger } from "../models/multimodal-tagger.ts";
import { countTaggerParameters } from "../models/parameter-count.ts";
import { readTaggerConfig } from "../models/read-tagger-config.ts";
import { type MultimodalTaggerConfig, type Poolings, textsOf } from "../models/tagger-config.ts";
import type { TextPreprocessing } from "./tagger-inputs.ts";
import { VideoTagger } from "./video-tagger.ts";
import { readVocabularyFile } from "./vocabulary-file.ts";

/** The file of a saved tagger that says what the others are. */
export const MANIFEST = "tagger.json";

/** What tagger.json says. */
export type SavedTagger = TaggerManifest<MultimodalTaggerConfig>;

export interface ReadTaggerOptions {
  /** The kinds that the model's poolings may have. Default: those of this library. */
  readonly poolings?: Poolings | undefined;
}

/** @throws FormatError naming the key that is missing or has another value than it should */
export function readSavedTagger(source: TextSource, { file, poolings }: ReadOptions & ReadTaggerOptions): SavedTagger {
  return readTaggerManifest<MultimodalTaggerConfig>(source, {
    file,
    textsOf,
    readModel: (value, place) => readTaggerConfig(value, place, poolings),
  });
}

/** What a saved tagger's files hold, every one of them whole. */
export interface StoredTagger {
  readonly manifest: SavedTagger;
  /** The whole names of the files of manifest and weights, for messages. */
  readonly files: { readonly manifest: string; readonly weights: string };
  /** By the path of their parameter. */
  readonly tensors: ReadonlyMap<string, NumericArray>;
  /** For each modality that is a text. */
  readonly texts: Readonly<Record<string, TextPreprocessing>>;
}

/**
 * Reads what saveTagger saved, without making a model of it. A tagger that is replaced meanwhile is read as the old one or the
 * new one.
 *
 * @throws FormatError when a file is missing or damaged, or the files do not belong together; what the source throws
 */
export async function readStoredTagger(source: FileSource, options: ReadTaggerOptions = {}): Promise<StoredTagger> {
  for (let found = await readPresent(source, MANIFEST); ; ) {
    try {
      return await readDescribed(source, found, options);
    } catch (error) {
      if (!(error instanceof MissingFileError)) throw error;
      // Whoever saves another tagger in its place removes what the old one had, as soon as tagger.json speaks of the new one.
      const now = await readPresent(source, MANIFEST);
      if (isSame(now.bytes, found.bytes)) throw error;
      found = now;
    }
  }
}

/** Reads what tagger.json speaks of. */
async function readDescribed(
  source: FileSource,
  { file, bytes }: { readonly file: string; readonly bytes: Uint8Array },
  options: ReadTaggerOptions,
): Promise<StoredTagger> {
  const manifest = readSavedTagger(bytes, { file, ...options });
  const weights = await readWhole(source, manifest.weights);
  const { tensors } = readSafetensors(weights.bytes, { file: weights.file });
  const texts: Record<string, TextPreprocessing> = {};
  for (const [name, text] of Object.entries(manifest.texts)) texts[name] = await readText(source, text);
  return { manifest, files: { manifest: file, weights: weights.file }, tensors, texts };
}

/** The values of a stored tagger's parameters. */
export function storedState({ tensors, files }: StoredTagger): Map<string, ParameterValues> {
  const state = new Map<string, ParameterValues>();
  for (const [path, array] of tensors) {
    const data = toFloat32(array);
    expectFinite(data, path, files.weights);
    state.set(path, { shape: array.shape, data });
  }
  return state;
}

/**
 * Reads a tagger that saveTagger saved, from wherever its files are: `fetchedFiles` of a server, `givenFiles` that were
 * dropped on a page. It needs nothing else. In Node, `loadTagger` reads it from a folder.
 *
 * @throws FormatError when a file is missing or damaged, or the files do not belong together; what the source throws
 */
export async function readTagger(source: FileSource, options: ReadTaggerOptions = {}): Promise<VideoTagger> {
  const kinds = { needed: { source: "object" }, optional: { poolings: "object" } } as const;
  expectOptions("readTagger", { ...options, source }, kinds);
  const { poolings = POOLINGS } = options;
  const stored = await readStoredTagger(source, { poolings });
  const { model: config, labels, threshold, calibration, weights } = stored.manifest;
  const error = (problem: string) => new FormatError(stored.files.manifest, "model", problem);
  const state = storedState(stored);
  // A manifest that lies about sizes is found out before memory is asked for.
  const given = [...state.values()].reduce((sum, { data }) => sum + data.length, 0);
  const wanted = countTaggerParameters(config, poolings);
  if (given !== wanted) {
    throw error(`expected sizes that make ${given} weights, as ${weights.file} has. Got ${wanted}.`);
  }
  const network = new MultimodalTagger(config, null, { poolings });
  try {
    loadState(network, state);
    return new VideoTagger({ model: network, labels, threshold, calibration, texts: stored.texts });
  } catch (problem) {
    network.dispose();
    if (problem instanceof StateError || problem instanceof MismatchError) throw error(problem.message);
    throw problem;
  }
}

async function readText(source: FileSource, { vocabulary, maxLength }: ManifestText): Promise<TextPreprocessing> {
  const { file, bytes: found } = await readPresent(source, vocabulary.file);
  const bytes = await wholeText(found, vocabulary, file, MANIFEST);
  return { ...(await readVocabularyFile(bytes, file)), maxLength };
}

async function readWhole(source: FileSource, described: ManifestFile): Promise<{ file: string; bytes: Uint8Array }> {
  const { file, bytes } = await readPresent(source, described.file);
  await expectWhole(bytes, described, file, MANIFEST);
  return { file, bytes };
}

async function readPresent(source: FileSource, name: string): Promise<{ file: string; bytes: Uint8Array }> {
  const { file, bytes } = await source.read(name);
  if (bytes === undefined) throw new MissingFileError(file, undefined, "there is no such file.");
  return { file, bytes };
}

class MissingFileError extends FormatError {}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}
