import { join } from "node:path";
import { expectOptions } from "../core/options.ts";
import { readState } from "../core/state.ts";
import type { FileSource } from "../data/file-source.ts";
import { safetensorsPieces } from "../formats/safetensors.ts";
import { type ManifestText, writeTaggerManifest } from "../formats/tagger-manifest.ts";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";
import type { Poolings } from "../models/tagger-config.ts";
import { MANIFEST, readTagger } from "../tagging/stored-tagger.ts";
import type { TitleEncoder } from "../tagging/title-encoder.ts";
import type { TitleEncodingStore } from "../tagging/title-encodings.ts";
import { VideoTagger } from "../tagging/video-tagger.ts";
import { removeStale, writeNamedByContent } from "./content-files.ts";
import { errorCode, FileError, makeFolder, type ReadOptions, readBytes, writeAtomically } from "./files.ts";
import { openTitleEncodingFolder } from "./title-encoding-folder.ts";

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
  expectOptions("saveTagger", { tagger, folder }, { needed: { tagger: "object", folder: "text" } });
  const { model, labels, threshold } = tagger;
  const { texts = {}, calibration } = tagger.config;
  const state = await readState(model);
  const tensors = new Map(
    [...state].map(([path, { shape, data }]) => [path, { dtype: "float32", shape, data } as const]),
  );
  await makeFolder(folder);
  const weights = await writeNamedByContent(folder, "weights", "safetensors", ...safetensorsPieces(tensors));
  const saved: Record<string, ManifestText> = {};
  for (const [name, { maxLength, vocabulary }] of Object.entries(texts)) {
    const bytes = new TextEncoder().encode(vocabulary);
    saved[name] = { maxLength, vocabulary: await writeNamedByContent(folder, "vocabulary", "txt", bytes) };
  }
  const manifest = writeTaggerManifest({
    model: model.config,
    labels,
    threshold,
    calibration,
    texts: saved,
    weights,
  });
  await writeAtomically(join(folder, MANIFEST), (handle) => handle.writeFile(manifest));
  await removeStale(folder, STALE, [weights.file, ...Object.values(saved).map(({ vocabulary }) => vocabulary.file)]);
}

/** The files of a tagger's folder. */
export function taggerFiles(folder: string, { signal }: Pick<ReadOptions, "signal"> = {}): FileSource {
  return {
    async read(name) {
      const file = join(folder, name);
      try {
        return { file, bytes: await readBytes(file, { signal }) };
      } catch (error) {
        if (error instanceof FileError && errorCode(error.cause) === "ENOENT") return { file, bytes: undefined };
        throw error;
      }
    },
  };
}

export interface LoadTaggerOptions {
  /** A folder, made when it is not there, in which a frozen encoder's title encodings last (see openTitleEncodingFolder). */
  readonly encodingCache?: string | undefined;
  /**
   * What takes the place of frozen encoders, by modality, such as `onnxTitleEncoder` of `multimodal-video-tag/onnx`. They go
   * without an encodingCache, which is the own encoders'.
   */
  readonly titleEncoders?: { readonly [modality: string]: TitleEncoder } | undefined;
  /** The kinds that the model's poolings may have. Default: those of this library. */
  readonly poolings?: Poolings | undefined;
  /** Ends the reading of a large file. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads a tagger that saveTagger saved. It needs nothing but the folder.
 *
 * @throws FormatError when a file is missing or damaged, or the files do not belong together; FileError when one cannot be
 *   read, or the folder of encodings cannot be written to; MismatchError when a title encoder finds no frozen encoder to take the
 *   place of; TypeError for a title encoder with a folder of encodings
 */
export async function loadTagger(folder: string, options: LoadTaggerOptions = {}): Promise<VideoTagger> {
  expectOptions(
    "loadTagger",
    { ...options, folder },
    {
      needed: { folder: "text" },
      optional: { encodingCache: "text", titleEncoders: "object", poolings: "object", signal: "object" },
    },
  );
  const { encodingCache, titleEncoders, poolings, signal } = options;
  if (encodingCache !== undefined && titleEncoders !== undefined) {
    throw new TypeError("loadTagger: a title encoder cannot share a cache with the tagger's own encoder.");
  }
  const tagger = await readTagger(taggerFiles(folder, { signal }), { poolings });
  try {
    const titleEncodingStores = await openEncodingCache(encodingCache, tagger.model);
    return titleEncodingStores || titleEncoders
      ? new VideoTagger({ ...tagger.config, titleEncoders, titleEncodingStores })
      : tagger;
  } catch (error) {
    tagger.dispose();
    throw error;
  }
}

/** The stores of a model's text encodings by modality; undefined without a folder. Encoders share it. */
export async function openEncodingCache(
  folder: string | undefined,
  { towers }: MultimodalTagger,
): Promise<Record<string, TitleEncodingStore> | undefined> {
  if (folder === undefined) return undefined;
  const stores: Record<string, TitleEncodingStore> = {};
  for (const [name, { encoder }] of Object.entries(towers)) {
    if (encoder !== undefined) stores[name] = await openTitleEncodingFolder(folder, encoder);
  }
  return stores;
}
