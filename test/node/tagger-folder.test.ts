import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { readState } from "../../src/core/state.ts";
import type { ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import type { MultimodalTaggerConfig } from "../../src/models/tagger-config.ts";
import { useBackend } from "../../src/node/backend.ts";
import { FileError } from "../../src/node/files.ts";
import { loadTagger, saveTagger } from "../../src/node/tagger-folder.ts";
import type { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { withFaults } from "../support/failing-file-system.ts";
import { folderContent } from "../support/folder-content.ts";
import { SMALL_CONFIG, SMALL_SIZES, smallConfig } from "../support/small-tagger.ts";
import { SMALL_VOCABULARY, smallVideos, smallVideoTagger } from "../support/small-video-tagger.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";
import { expectNoLeak } from "../support/tensors.ts";

beforeAll(() => useBackend("cpu"));

async function saved(seed: number, folder: string = temporaryFolder()): Promise<string> {
  const tagger = await smallVideoTagger(seed);
  await saveTagger(tagger, folder);
  tagger.dispose();
  return folder;
}

/** Everything by which one tagger can be told from another. */
async function identity(tagger: VideoTagger): Promise<object> {
  const { model, labels, threshold, config } = tagger;
  return {
    parameters: await readState(model),
    labels,
    threshold,
    config: model.config,
    maxLength: config.texts?.["text"]?.maxLength,
    tagged: await tagger.tag(smallVideos()),
  };
}

/** The identity of what a folder holds. */
async function identityIn(folder: string): Promise<object> {
  const tagger = await loadTagger(folder);
  const result = await identity(tagger);
  tagger.dispose();
  return result;
}

async function identityOf(seed: number): Promise<object> {
  const tagger = await smallVideoTagger(seed);
  const result = await identity(tagger);
  tagger.dispose();
  return result;
}

const configs: readonly (readonly [string, MultimodalTaggerConfig])[] = [
  ["all modalities", SMALL_CONFIG],
  ["a softmax head", smallConfig({ head: "softmax", dropoutScaling: "training" })],
  ["masked absent modalities", smallConfig({ masksAbsent: true })],
  ["no title", smallConfig({ text: undefined, isTextGuided: false })],
  ["titles alone", smallConfig({ image: undefined, audio: undefined, isTextGuided: false })],
  [
    "a fine-tuned encoder with tasks and a pooler",
    smallConfig({
      text: {
        ...SMALL_SIZES.text,
        training: "fine-tuned",
        encoder: { ...SMALL_SIZES.text.encoder, taskTypes: 3, pooler: true, activation: "gelu" },
      },
    }),
  ],
];

describe("saveTagger and loadTagger", () => {
  test.each(configs)("give back the same tagger, bit for bit: %s", async (_, config) => {
    const folder = join(temporaryFolder(), "new", "tagger");
    const tagger = await smallVideoTagger(1, config);
    await saveTagger(tagger, folder);
    expect(await identityIn(folder)).toEqual(await identity(tagger));
    tagger.dispose();
  });

  test("need nothing but the folder, wherever it is", async () => {
    const [folder, parent] = [await saved(1), temporaryFolder()];
    cpSync(folder, join(parent, "copy"), { recursive: true });
    renameSync(join(parent, "copy"), join(parent, "moved"));
    expect(readdirSync(folder)).toEqual([
      "tagger.json",
      expect.stringMatching(/^vocabulary-[0-9a-f]{16}\.txt$/),
      expect.stringMatching(/^weights-[0-9a-f]{16}\.safetensors$/),
    ]);
    expect(await identityIn(join(parent, "moved"))).toEqual(await identityOf(1));
  });

  test("keep a vocabulary with Windows' line ends as it is", async () => {
    const folder = temporaryFolder();
    const vocabulary = SMALL_VOCABULARY.replaceAll("\n", "\r\n");
    const tagger = await smallVideoTagger(1, SMALL_CONFIG, vocabulary);
    await saveTagger(tagger, folder);
    const loaded = await loadTagger(folder);
    expect(loaded.config.texts?.["text"]?.vocabulary).toBe(vocabulary);
    expect(loaded.config.texts?.["text"]?.tokenizer.encode("猫 dogs", { maxLength: 9 })).toEqual(
      Int32Array.of(1, 4, 5, 6, 2),
    );
    tagger.dispose();
    loaded.dispose();
  });

  test("leave no tensor behind", async () => {
    const [tagger, folder] = [await smallVideoTagger(1), temporaryFolder()];
    await expectNoLeak(() => saveTagger(tagger, folder));
    await expectNoLeak(async () => (await loadTagger(folder)).dispose());
    tagger.dispose();
  });

  test("saving again removes the files of the tagger before, and no others", async () => {
    const folder = await saved(1);
    const others = ["params", "notes.txt", "weights.safetensors", "vocabulary-of-mine.txt"];
    for (const name of others) writeFileSync(join(folder, name), name);
    await saved(2, folder);
    const names = readdirSync(folder);
    expect(names).toEqual(expect.arrayContaining(others));
    expect(names.filter((name) => !others.includes(name))).toHaveLength(3);
    expect(await identityIn(folder)).toEqual(await identityOf(2));
  });

  test("saving the same again changes nothing", async () => {
    const folder = await saved(1);
    const before = folderContent(folder);
    await saved(1, folder);
    expect(folderContent(folder)).toEqual(before);
  });

  test("the folder holds the old tagger or the new one, wherever saving was cut off", async () => {
    const [folder, next] = [await saved(1), await saved(2)];
    const [old, fresh] = [await identityOf(1), await identityOf(2)];
    const weights = readdirSync(next).find((name) => name.startsWith("weights")) as string;
    const bytes = readFileSync(join(next, weights));
    // While the weights are written, when they are there, and when the manifest names them.
    writeFileSync(join(folder, `${weights}.0123456789ab.tmp`), bytes.subarray(0, 100));
    expect(await identityIn(folder)).toEqual(old);
    writeFileSync(join(folder, weights), bytes);
    writeFileSync(join(folder, "tagger.json.0123456789ab.tmp"), "{");
    expect(await identityIn(folder)).toEqual(old);
    cpSync(join(next, "tagger.json"), join(folder, "tagger.json"));
    expect(await identityIn(folder)).toEqual(fresh);
    // The next one clears up.
    await saved(3, folder);
    expect(await identityIn(folder)).toEqual(await identityOf(3));
    expect(readdirSync(folder).filter((name) => name !== "tagger.json")).toHaveLength(2);
  });

  test("a folder that cannot be made is named", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const tagger = await smallVideoTagger(1);
    await expect(saveTagger(tagger, join(file, "tagger"))).rejects.toThrow(
      new FileError(join(file, "tagger"), "a part of this path is a file, not a folder."),
    );
    tagger.dispose();
  });
});

test("a loaded tagger finds a frozen encoder's encodings in the folder that it is given", async () => {
  const folder = await saved(4);
  const encodingCache = join(temporaryFolder(), "encodings");
  const tagged: unknown[] = [];
  const runs: number[] = [];
  for (const options of [{}, { encodingCache }, { encodingCache }]) {
    const tagger = await loadTagger(folder, options);
    const encode = vi.spyOn(tagger.model.tower("text").encoder as ErnieEncoder, "forward");
    tagged.push(await tagger.tag(smallVideos()));
    runs.push(encode.mock.calls.length);
    tagger.dispose();
  }
  expect(runs).toEqual([2, 2, 0]); // two lengths of titles
  expect(tagged[1]).toEqual(tagged[0]);
  expect(tagged[2]).toEqual(tagged[0]);
  expect(readdirSync(encodingCache).length).toBe(2); // two of the three videos have no title
  const inTheWay = join(folder, "tagger.json");
  await expect(loadTagger(folder, { encodingCache: inTheWay })).rejects.toThrow("expected a folder. Got a file.");
});

describe("a folder whose tagger is replaced", () => {
  test("is read as one of the two, whenever it is read", async () => {
    const folder = await saved(1);
    const [old, other] = [await identityOf(1), await identityOf(2)];
    for (let place = 0; ; place++) {
      let isReplaced = false;
      const { result } = await withFaults(
        folder,
        ({ index }) => {
          if (index !== place) return undefined;
          isReplaced = true;
          replaceWith(2, folder);
          return undefined;
        },
        () => identityIn(folder),
      );
      expect([old, other]).toContainEqual(result);
      if (!isReplaced) break;
      replaceWith(1, folder);
    }
  });

  test("whichever call of the file system fails while it is saved: it is the old one or the new one, and so is memory", async () => {
    const [old, other] = [await identityOf(1), await identityOf(2)];
    let sites = 0;
    for (let place = 0; ; place++) {
      const folder = await saved(1);
      const tagger = await smallVideoTagger(2);
      let failed = false;
      const saving = withFaults(
        folder,
        ({ index }) => {
          if (index !== place) return undefined;
          failed = true;
          return "ENOSPC";
        },
        () => saveTagger(tagger, folder),
      );
      const error = await saving.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(await identity(tagger)).toEqual(other);
      const found = await identityIn(folder);
      if (!failed) {
        expect(error).toBeUndefined();
        expect(found).toEqual(other);
        tagger.dispose();
        break;
      }
      sites++;
      if (error === undefined)
        expect(found).toEqual(other); // another try went well
      else {
        expect(error).toEqual(new FileError((error as FileError).file, "the disk is full."));
        expect([old, other]).toContainEqual(found);
      }
      await saveTagger(tagger, folder);
      expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      expect(await identityIn(folder)).toEqual(other);
      tagger.dispose();
    }
    expect(sites).toBeGreaterThan(15);
  });
});

const prepared = new Map<number, Map<string, Uint8Array>>();
const whenOver = whenSuiteIsOver();
beforeAll(async () => {
  for (const seed of [1, 2]) {
    const folder = await saved(seed, temporaryFolder(whenOver));
    prepared.set(seed, new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])));
  }
});

/** What saveTagger does to a folder, in one go: new files, the manifest, and the old files are removed. */
function replaceWith(seed: number, folder: string): void {
  const files = prepared.get(seed) as Map<string, Uint8Array>;
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
}
