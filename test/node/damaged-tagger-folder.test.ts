import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../../src/formats/format-error.ts";
import { useBackend } from "../../src/node/backend.ts";
import { FileError } from "../../src/node/files.ts";
import { loadTagger, saveTagger } from "../../src/node/tagger-folder.ts";
import { SMALL_VOCABULARY, smallVideoTagger } from "../support/small-video-tagger.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const whenOver = whenSuiteIsOver();
let folder: string;
let whole: string;

beforeAll(async () => {
  await useBackend("cpu");
  folder = temporaryFolder(whenOver);
});

beforeEach(async () => {
  rmSync(folder, { recursive: true });
  const tagger = await smallVideoTagger(1);
  await saveTagger(tagger, folder);
  tagger.dispose();
  whole = readFileSync(manifestFile(), "utf8");
});

function manifestFile(): string {
  return join(folder, "tagger.json");
}

/** The file of weights or of the vocabulary. */
function fileOf(name: "weights" | "vocabulary"): string {
  return join(folder, readdirSync(folder).find((file) => file.startsWith(name)) as string);
}

/** What loading throws, which must be one of the two errors that tell of files, and must leave no tensor behind. */
async function messageOfLoading(): Promise<string> {
  const before = tf.memory().numTensors;
  const error = await loadTagger(folder).then(
    () => new Error("It was loaded."),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FormatError || error instanceof FileError)) throw error;
  expect(tf.memory().numTensors).toBe(before);
  return error.message.replaceAll(folder, "FOLDER").replaceAll(/-[0-9a-f]{16}/g, "");
}

/** Changes one value of the manifest, by its path. */
function changeManifest(path: string, value: Json): void {
  const manifest = JSON.parse(whole) as { [key: string]: Json };
  const keys = path.split(".");
  const last = keys.pop() as string;
  const owner = keys.reduce((object, key) => object[key] as { [key: string]: Json }, manifest);
  owner[last] = value;
  writeFileSync(manifestFile(), JSON.stringify(manifest));
}

/** Puts another file in place of one that the manifest names, digest and all, as a forger would. */
function forge(path: "weights" | "texts.text.vocabulary", bytes: Uint8Array): void {
  writeFileSync(join(folder, "forged"), bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  changeManifest(path, { file: "forged", bytes: bytes.length, sha256 });
}

describe("a tagger's folder", () => {
  test("with a flipped bit says which file is damaged", async () => {
    for (const name of ["weights", "vocabulary"] as const) {
      const bytes = readFileSync(fileOf(name));
      const flipped = Uint8Array.from(bytes);
      flipped[bytes.length - 1] = (flipped[bytes.length - 1] as number) ^ 1;
      writeFileSync(fileOf(name), flipped);
      const extension = name === "weights" ? "safetensors" : "txt";
      expect(await messageOfLoading()).toBe(
        `FOLDER/${name}.${extension}: expected the SHA-256 that tagger.json says. Got another: it is damaged.`,
      );
      writeFileSync(fileOf(name), bytes);
    }
  });

  test("with a file cut short says how much of it there is", async () => {
    truncateSync(fileOf("vocabulary"), 10);
    expect(await messageOfLoading()).toBe("FOLDER/vocabulary.txt: expected 36 bytes, as tagger.json says. Got 10.");
    truncateSync(fileOf("weights"), 0);
    expect(await messageOfLoading()).toMatch(
      /^FOLDER\/weights\.safetensors: expected \d+ bytes, as tagger.json says. Got 0.$/,
    );
  });

  test("without one of its files names it", async () => {
    rmSync(fileOf("vocabulary"));
    expect(await messageOfLoading()).toBe("FOLDER/vocabulary.txt: there is no such file.");
    rmSync(fileOf("weights"));
    expect(await messageOfLoading()).toBe("FOLDER/weights.safetensors: there is no such file.");
    rmSync(manifestFile());
    expect(await messageOfLoading()).toBe("FOLDER/tagger.json: there is no such file.");
  });

  test("with weights that are not finite names the parameter", async () => {
    const bytes = Uint8Array.from(readFileSync(fileOf("weights")));
    bytes.fill(0xff, -4);
    forge("weights", bytes);
    expect(await messageOfLoading()).toBe("FOLDER/forged, head.bias: expected finite values. Got NaN as value 4.");
  });

  test("with a vocabulary that does not work, or not with these weights, says so", async () => {
    const vocabulary = (text: string) => forge("texts.text.vocabulary", new TextEncoder().encode(text));
    vocabulary(SMALL_VOCABULARY.replace("[CLS]\n", ""));
    expect(await messageOfLoading()).toBe("FOLDER/forged: it has no [CLS] token.");
    vocabulary(`${SMALL_VOCABULARY}another\t11\n`);
    expect(await messageOfLoading()).toBe(
      "FOLDER/tagger.json, model: The vocabulary must have ids below 11, the rows of the word embedding. Got 11.",
    );
    forge("texts.text.vocabulary", Uint8Array.of(0xff));
    expect(await messageOfLoading()).toBe("FOLDER/forged, line 1: it must be UTF-8.");
  });

  test.each([
    [
      "model.modalities.image.recurrence.units",
      4e6,
      /expected sizes that make 699 weights, as weights.safetensors has. Got \d+\.$/,
    ],
    [
      "model.modalities.text.input.encoder.layers",
      1e15,
      /expected sizes that make 699 weights, as weights.safetensors has. Got /,
    ],
    ["model.modalities.text.input.encoder.hiddenSize", 2 ** 53 - 2, /expected sizes that make 699 weights/],
    ["model.modalities.text.input.encoder.heads", 3, /hiddenSize: expected a multiple of the 3 heads. Got 4.$/],
    [
      "model.modalities.text.whenAbsent",
      "zeros",
      /whenAbsent: expected "masked" or "left-out" or "empty-text". Got the text "zeros".$/,
    ],
    [
      "model.modalities.image.guidedBy",
      "txet",
      /image.guidedBy: expected the name of another modality. Got "txet". Did you mean text\?$/,
    ],
    ["model.modalities.text.guidedBy", "image", /expected no guide, as the pooling text-cnn takes none. Got "image".$/],
    ["model.modalities.text.pooling.windows", [1, 4], /convolutions.0.kernel must have shape \[4, 3\]. Got \[8, 3\]/],
    ["texts.text.maxLength", 1000, /Titles may have 9 tokens at most with this encoder. Got 1000.$/],
    ["texts.text.maxLength", 2 ** 53 - 1, /Titles may have 9 tokens at most/],
    ["labels", ["one"], /expected 5 labels, a class each. Got 1.$/],
    ["weights.file", "../weights", /file must be the name of a file, without a folder. Got the text "..\/weights".$/],
    ["weights.file", "tagger.json", /expected \d+ bytes, as tagger.json says/],
    ["version", 2, /expected format "multimodal-video-tag" and version 1/],
  ] as const)("whose manifest lies about %s (%j) is refused with a sentence", async (path, value, sentence) => {
    changeManifest(path, value as Json);
    expect(await messageOfLoading()).toMatch(sentence);
  });

  test("with a manifest of any bytes gives an error that names the file", async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      writeFileSync(manifestFile(), bytes);
      expect(await messageOfLoading()).toMatch(/^FOLDER\/tagger.json/);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test("with a manifest of any JSON gives an error that names the file", async () => {
    const property = fc.asyncProperty(fc.jsonValue(), async (value) => {
      writeFileSync(manifestFile(), JSON.stringify(value));
      expect(await messageOfLoading()).toMatch(/^FOLDER\/tagger.json/);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test("with any value of its manifest changed is loaded, or gives an error that tells of files", async () => {
    const paths = pathsIn(JSON.parse(whole) as Json);
    const change = fc.oneof(fc.jsonValue(), fc.nat(12), fc.constantFrom(-1, 0.5, 1e9, 2 ** 52, 1e308, "", [], {}));
    const property = fc.asyncProperty(fc.constantFrom(...paths), change, async (path, value) => {
      changeManifest(path, value as Json);
      const before = tf.memory().numTensors;
      try {
        (await loadTagger(folder)).dispose();
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof FileError)) throw error;
        expect(error.message).toContain(folder);
      }
      expect(tf.memory().numTensors, path).toBe(before);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});

/** The paths of all values, objects and lists too. */
function pathsIn(value: Json, prefix = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${prefix}${key}`, ...pathsIn(inner, `${prefix}${key}.`)]);
}
