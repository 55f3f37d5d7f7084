import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import type { SequenceRows } from "../../src/core/sequence-batch.ts";
import { collateLabels, type LabelForm, zeroRows } from "../../src/data/collate.ts";
import type { VideoSample } from "../../src/data/video-dataset.ts";
import { readClassFile } from "../../src/formats/class-file.ts";
import { useBackend } from "../../src/node/backend.ts";
import { openDataset } from "../../src/project/open-dataset.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectClose } from "../support/tensors.ts";

/** A video as the reference's reader gives it. */
interface ExpectedVideo {
  readonly image_shape: readonly [number, number];
  readonly image_sum: number;
  readonly image_first: readonly number[];
  readonly image_last: readonly number[];
  readonly audio_shape: readonly [number, number];
  readonly audio_sum: number;
  readonly audio_last: readonly number[];
  /** Token, sentence, position and task ids and the mask, padded to TITLE_LENGTH. */
  readonly text: readonly (readonly number[])[];
  readonly label?: readonly number[];
  readonly video?: string;
}

const LIST = goldenPath("dataset/list.txt");
const FEATURES = goldenPath("dataset/features");
const VOCABULARY = new URL("../../packages/ernie-tokenizer-wasm/test/fixtures/vocab.txt", import.meta.url);
const IMAGE_SIZE = 6;
const AUDIO_SIZE = 4;
const TITLE_LENGTH = 12;
const BATCH_SIZE = 5;

const expected: Record<string, ExpectedVideo[][]> = JSON.parse(
  readFileSync(goldenPath("dataset/expected.json"), "utf8"),
);
let tokenizer: ErnieTokenizer;
beforeAll(async () => {
  await useBackend("cpu");
  tokenizer = await ErnieTokenizer.fromVocabulary(readFileSync(VOCABULARY));
});

function expectFeatures(
  { rows, size, data }: SequenceRows,
  shape: readonly [number, number],
  sum: number,
  first: readonly number[] | undefined,
  last: readonly number[],
): void {
  expect([rows, size]).toEqual(shape);
  expect(data.length).toBe(rows * size);
  expectClose([data.reduce((total, value) => total + value, 0)], [sum], 1e-6, "sum", 1 + Math.abs(sum));
  // Features may be float64 there; ours are float32.
  if (first) expect(data.slice(0, size)).toEqual(Float32Array.from(first));
  expect(data.slice(-size)).toEqual(Float32Array.from(last));
}

/** The model's input of the reference: everything padded to the full length. */
function paddedText(title: string): number[][] {
  const ids = [...tokenizer.encode(title, { maxLength: TITLE_LENGTH })];
  const pad = (values: number[], filler: number) => [
    ...values,
    ...Array<number>(TITLE_LENGTH - ids.length).fill(filler),
  ];
  const zeros = Array<number>(TITLE_LENGTH).fill(0);
  return [
    pad(ids, tokenizer.padId),
    zeros,
    pad([...ids.keys()], tokenizer.padId),
    zeros,
    pad(
      ids.map(() => 1),
      0,
    ),
  ];
}

async function labelsOf(sample: VideoSample, numClasses: number, form: LabelForm): Promise<number[]> {
  const labels = collateLabels([sample.classes], numClasses, form);
  const values = [...(await labels.data())];
  labels.dispose();
  return values;
}

/** The reference reads Python 2's text as Latin-1, ours as UTF-8. */
function asOurs(video: string): string {
  return video.startsWith("py2_") ? Buffer.from(video, "latin1").toString("utf8") : video;
}

describe("the golden dataset", () => {
  test.each(Object.entries(expected))("reads as the reference does: %s", async (name, batches) => {
    const [mode, classFile, loss] = name.split("/") as [string, string, string];
    const file = goldenPath(`dataset/${classFile}`);
    const labels = readClassFile(readFileSync(file), { file });
    const dataset = await openDataset({ list: LIST, features: FEATURES, ...(mode === "valid" && { labels }) });
    const sizes: number[] = [];
    for await (const batch of dataset.batches(BATCH_SIZE, { sizes: { image: IMAGE_SIZE, audio: AUDIO_SIZE } })) {
      const wanted = batches[sizes.length] ?? [];
      for (const [index, sample] of batch.entries()) {
        const video = wanted[index] as ExpectedVideo;
        const { image_shape, image_sum, image_first, image_last, audio_shape, audio_sum, audio_last } = video;
        const [image, audio] = [sample.rows["image"] as SequenceRows, sample.rows["audio"] as SequenceRows];
        expectFeatures(image, image_shape, image_sum, image_first, image_last);
        expectFeatures(
          audio.rows > 0 ? audio : zeroRows(10, AUDIO_SIZE),
          audio_shape,
          audio_sum,
          undefined,
          audio_last,
        );
        expect(paddedText(sample.title)).toEqual(video.text);
        if (mode === "infer") expect(sample.video).toBe(asOurs(video.video as string));
        else {
          const form = loss === "sigmoid" ? "multi-hot" : "distribution";
          expectClose(await labelsOf(sample, labels.length, form), video.label as number[], 1e-7, "labels");
        }
      }
      sizes.push(batch.length);
    }
    expect(sizes).toEqual(batches.map((batch) => batch.length));
  });

  const missing = { line: 7, fileName: "missing_file.mp4" };
  const repeated = { line: 4, fileName: "np1_proto0.mp4", reason: { kind: "repeated", firstLine: 1 } };

  test("counts every row that is left out, with its line and why", async () => {
    const file = goldenPath("dataset/class.txt");
    const labels = readClassFile(readFileSync(file), { file });
    const dataset = await openDataset({ list: LIST, features: FEATURES, labels });
    for await (const _ of dataset.samples());
    const reason = { kind: "missing-file", file: join(FEATURES, "missing_file.pkl") };
    expect(dataset.size).toBe(40);
    expect(dataset.skipped).toEqual([
      repeated,
      { ...missing, reason },
      { line: 10, fileName: "np1_proto0_nolabel.mp4", reason: { kind: "no-label" } },
      { line: 13, fileName: "np1_proto1_unknown.mp4", reason: { kind: "no-known-label", labels: ["未知标签"] } },
    ]);
  });

  test("leaves out for inference only what has no file of its own", async () => {
    const dataset = await openDataset({ list: LIST, features: FEATURES });
    for await (const _ of dataset.samples());
    const gone = (name: string) => ({ kind: "missing-file", file: join(FEATURES, `${name}.pkl`) });
    expect(dataset.skipped).toEqual([
      repeated,
      { ...missing, reason: gone("missing_file") },
      { line: 10, fileName: "np1_proto0_nolabel.mp4", reason: gone("np1_proto0_nolabel") },
      { line: 13, fileName: "np1_proto1_unknown.mp4", reason: gone("np1_proto1_unknown") },
    ]);
  });
});

describe("openDataset", () => {
  test("refuses an empty list, a missing one, and features that are no folder", async () => {
    const folder = temporaryFolder();
    const [empty, list, features] = ["empty.txt", "list.txt", "features"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(empty, "\n \n");
    writeFileSync(list, "a.mp4\n");
    const open = (options: { list: string; features: string }) => expect(openDataset(options)).rejects;
    await open({ list, features }).toThrow(`${features}: there is no such file or folder.`);
    await open({ list, features: list }).toThrow(`${list}: expected a folder of feature files. Got a file.`);
    mkdirSync(features);
    await open({ list: empty, features }).toThrow(`${empty}: expected a video a line. Got none.`);
    await open({ list: features, features }).toThrow(`${features}: expected a file. Got a folder.`);
    const missing = join(folder, "missing.txt");
    await open({ list: missing, features }).toThrow(`${missing}: there is no such file or folder.`);
  });

  test("a name that could leave the folder of features does not", async () => {
    const folder = temporaryFolder();
    const [list, features] = [join(folder, "list.txt"), join(folder, "features")];
    mkdirSync(features);
    writeFileSync(join(folder, "secret.pkl"), readFileSync(join(FEATURES, "np1_proto4.pkl")));
    writeFileSync(list, "../secret.mp4\n/etc/passwd\n..\n\0.mp4\n");
    const dataset = await openDataset({ list, features });
    for await (const sample of dataset.samples()) expect.unreachable(sample.fileName);
    expect(dataset.skipped.map(({ line, reason }) => [line, reason])).toEqual([
      [1, { kind: "missing-file", file: join(features, "secret.pkl") }],
      [2, { kind: "missing-file", file: join(features, "passwd.pkl") }],
      [3, { kind: "unusable-name" }],
      [4, { kind: "unusable-name" }],
    ]);
  });
});
