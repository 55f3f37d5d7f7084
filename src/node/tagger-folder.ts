import { join } from "node:path";
import { MismatchError, StateError } from "../core/errors.ts";
import { loadState, type ParameterValues, readState } from "../core/state.ts";
import { FormatError } from "../formats/format-error.ts";
import { type NumericArray, toFloat32 } from "../formats/numeric-array.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import { readTaggerManifest, type TaggerManifest, writeTaggerManifest } from "../formats/tagger-manifest.ts";
import type { TextPreprocessing } from "../inference/tagger-inputs.ts";
import type { TitleEncodingStore } from "../inference/title-encodings.ts";
import { VideoTagger } from "../inference/video-tagger.ts";
import { MultimodalTagger, type MultimodalTaggerConfig } from "../models/multimodal-tagger.ts";
import { countTaggerParameters } from "../models/parameter-count.ts";
import { readWhole, removeStale, writeNamedByContent } from "./content-files.ts";
import { makeFolder, readBytes, writeAtomically } from "./files.ts";
import { expectFinite } from "./finite-values.ts";
import { openTitleEncodingFolder } from "./title-encoding-folder.ts";
import { readVocabularyFile } from "./vocabulary-file.ts";

/** The file of a tagger's folder that says what the others are. */
export const MANIFEST = "tagger.json";

/** What taggers that were saved in a folder before have left, finished or not. */
const STALE =
  /^(?:(?:weights-[0-9a-f]{16}\.safetensors|vocabulary-[0-9a-f]{16}\.txt)(?:\.[0-9a-f]{12}\.tmp)?|tagger\.json\.[0-9a-f]{12}\.tmp)$/;

/**
 * Saves a tagger with all that prediction needs: weights, sizes, labels, vocabulary, threshold.
 *
 * The files are named by what they hold, and tagger.json, written last, says which of them count: the folder holds the
 * tagger that was there before or the new one, whenever the process ends.
 *
 * @throws FileError when the folder cannot be written
 */
export async function saveTagger(tagger: VideoTagger, folder: string): Promise<void> {
  const { model, labels, threshold } = tagger;
  const { text, calibration } = tagger.config;
  const state = await readState(model);
  const tensors = new Map(
    [...state].map(([path, { shape, data }]) => [path, { dtype: "float32", shape, data } as const]),
  );
  await makeFolder(folder);
  const weights = await writeNamedByContent(folder, "weights", "safetensors", writeSafetensors(tensors));
  const vocabulary =
    text && (await writeNamedByContent(folder, "vocabulary", "txt", new TextEncoder().encode(text.vocabulary)));
  const manifest = writeTaggerManifest({
    model: model.config,
    labels,
    threshold,
    calibration,
    text: text && vocabulary && { maxLength: text.maxLength, vocabulary },
    weights,
  });
  await writeAtomically(join(folder, MANIFEST), (handle) => handle.writeFile(manifest));
  await removeStale(folder, STALE, [weights.file, vocabulary?.file]);
}

/** What a tagger's folder holds, every file of it whole. */
export interface StoredTagger {
  readonly manifest: TaggerManifest;
  /** By the path of their parameter. */
  readonly tensors: ReadonlyMap<string, NumericArray>;
  /** Undefined for a tagger without titles. */
  readonly text: TextPreprocessing | undefined;
}

/**
 * Reads a folder that saveTagger made, without making a model of it.
 *
 * @throws FormatError when a file is damaged, or the files do not belong together; FileError when one is missing
 */
export async function readTaggerFolder(folder: string): Promise<StoredTagger> {
  const file = join(folder, MANIFEST);
  const manifest = readTaggerManifest(await readBytes(file), { file });
  const { weights, text } = manifest;
  const { tensors } = readSafetensors(await readWhole(folder, weights, MANIFEST), { file: join(folder, weights.file) });
  return { manifest, tensors, text: text && (await readText(folder, text)) };
}

/** The values of a stored tagger's parameters. */
export function storedState({ manifest, tensors }: StoredTagger, folder: string): Map<string, ParameterValues> {
  const file = join(folder, manifest.weights.file);
  const state = new Map<string, ParameterValues>();
  for (const [path, array] of tensors) {
    const data = toFloat32(array);
    expectFinite(data, path, file);
    state.set(path, { shape: array.shape, data });
  }
  return state;
}

export interface LoadTaggerOptions {
  /** A folder, made when it is not there, in which a frozen encoder's title encodings last (see openTitleEncodingFolder). */
  readonly encodingCache?: string | undefined;
}

/**
 * Loads a tagger that saveTagger saved. It needs nothing but the folder.
 *
 * @throws FormatError when a file is damaged, or the files do not belong together; FileError when one is missing, or when
 *   the folder of encodings cannot be written to
 */
export async function loadTagger(folder: string, { encodingCache }: LoadTaggerOptions = {}): Promise<VideoTagger> {
  const stored = await readTaggerFolder(folder);
  const { model, labels, threshold, calibration, weights } = stored.manifest;
  const config = model as MultimodalTaggerConfig;
  const error = (problem: string) => new FormatError(join(folder, MANIFEST), "model", problem);
  const state = storedState(stored, folder);
  // A manifest that lies about sizes is found out before memory is asked for.
  const given = [...state.values()].reduce((sum, { data }) => sum + data.length, 0);
  const wanted = countTaggerParameters(config);
  if (given !== wanted) {
    throw error(`expected sizes that make ${given} weights, as ${weights.file} has. Got ${wanted}.`);
  }
  const network = new MultimodalTagger(config, null);
  try {
    loadState(network, state);
    const titleEncodingStore = await openEncodingCache(encodingCache, network);
    return new VideoTagger({ model: network, labels, threshold, calibration, text: stored.text, titleEncodingStore });
  } catch (problem) {
    network.dispose();
    if (problem instanceof StateError || problem instanceof MismatchError) throw error(problem.message);
    throw problem;
  }
}

/** The store of a model's title encodings; undefined without a folder, or without titles. */
export async function openEncodingCache(
  folder: string | undefined,
  { text }: MultimodalTagger,
): Promise<TitleEncodingStore | undefined> {
  return folder === undefined || text === undefined ? undefined : openTitleEncodingFolder(folder, text.encoder);
}

async function readText(
  folder: string,
  { vocabulary, maxLength }: NonNullable<TaggerManifest["text"]>,
): Promise<TextPreprocessing> {
  const bytes = await readWhole(folder, vocabulary, MANIFEST);
  return { ...(await readVocabularyFile(bytes, join(folder, vocabulary.file))), maxLength };
}
