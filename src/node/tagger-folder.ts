import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { loadState, type ParameterValues, readState } from "../core/state.ts";
import { FormatError } from "../formats/format-error.ts";
import { toFloat32 } from "../formats/numeric-array.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import { type ManifestFile, readTaggerManifest, writeTaggerManifest } from "../formats/tagger-manifest.ts";
import { VideoTagger } from "../inference/video-tagger.ts";
import { MultimodalTagger, type MultimodalTaggerConfig } from "../models/multimodal-tagger.ts";
import { countTaggerParameters } from "../models/parameter-count.ts";
import { makeFolder, readBytes, writeAtomically } from "./files.ts";

/** The file of a tagger's folder that says what the others are. */
export const MANIFEST = "tagger.json";

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
  const { text } = tagger.config;
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
    text: text && vocabulary && { maxLength: text.maxLength, vocabulary },
    weights,
  });
  await writeAtomically(join(folder, MANIFEST), (handle) => handle.writeFile(manifest));
  await removeStale(folder, [weights.file, vocabulary?.file]);
}

/**
 * Loads a tagger that saveTagger saved. It needs nothing but the folder.
 *
 * @throws FormatError when a file is damaged, or the files do not belong together; FileError when one is missing
 */
export async function loadTagger(folder: string): Promise<VideoTagger> {
  const file = join(folder, MANIFEST);
  const { model, labels, threshold, text, weights } = readTaggerManifest(await readBytes(file), { file });
  const config = model as MultimodalTaggerConfig;
  const state = await readWeights(folder, weights);
  const given = [...state.values()].reduce((sum, { data }) => sum + data.length, 0);
  const wanted = countTaggerParameters(config);
  if (given !== wanted) {
    throw new FormatError(
      file,
      "model",
      `expected sizes that make ${given} weights, as ${weights.file} has. Got ${wanted}.`,
    );
  }
  const preprocessing = text && (await readVocabulary(folder, text.vocabulary, text.maxLength));
  const network = new MultimodalTagger(config, null);
  try {
    loadState(network, state);
    return new VideoTagger({ model: network, labels, threshold, text: preprocessing });
  } catch (error) {
    network.dispose();
    throw error;
  }
}

async function readWeights(folder: string, weights: ManifestFile): Promise<Map<string, ParameterValues>> {
  const { tensors } = readSafetensors(await readWhole(folder, weights), { file: join(folder, weights.file) });
  return new Map([...tensors].map(([path, array]) => [path, { shape: array.shape, data: toFloat32(array) }]));
}

async function readVocabulary(folder: string, file: ManifestFile, maxLength: number) {
  const vocabulary = new TextDecoder().decode(await readWhole(folder, file));
  return { vocabulary, maxLength, tokenizer: await ErnieTokenizer.fromVocabulary(vocabulary) };
}

/** @throws FormatError when the file is not the one that the manifest means */
async function readWhole(folder: string, { file, bytes: size, sha256 }: ManifestFile): Promise<Uint8Array> {
  const path = join(folder, file);
  const bytes = await readBytes(path);
  if (bytes.length !== size) {
    throw new FormatError(path, undefined, `expected ${size} bytes, as ${MANIFEST} says. Got ${bytes.length}.`);
  }
  if (digestOf(bytes) !== sha256) {
    throw new FormatError(path, undefined, `expected the SHA-256 that ${MANIFEST} says. Got another: it is damaged.`);
  }
  return bytes;
}

async function writeNamedByContent(
  folder: string,
  name: string,
  extension: string,
  bytes: Uint8Array,
): Promise<ManifestFile> {
  const sha256 = digestOf(bytes);
  const file = `${name}-${sha256.slice(0, 16)}.${extension}`;
  await writeAtomically(join(folder, file), (handle) => handle.writeFile(bytes));
  return { file, bytes: bytes.length, sha256 };
}

/** Removes the weights and vocabularies of taggers that were saved here before. */
async function removeStale(folder: string, kept: readonly (string | undefined)[]): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOurs = /^(weights-[0-9a-f]{16}\.safetensors|vocabulary-[0-9a-f]{16}\.txt)(\.[0-9a-f]{12}\.tmp)?$/.test(
      name,
    );
    if (isOurs && !kept.includes(name)) await rm(join(folder, name), { force: true });
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
