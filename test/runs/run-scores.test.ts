import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../../src/formats/format-error.ts";
import type { NumericArray } from "../../src/formats/numeric-array.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { FileError } from "../../src/node/files.ts";
import { type RunScores, readRunScores, writeRunScores } from "../../src/runs/run-scores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SCORES: RunScores = {
  labels: ["宠物", "__proto__", 'a "quote"'],
  videos: [
    { video: "v1", title: "</script>\u202e", classes: [0, 2], scores: Float32Array.of(0.5, 0.25, 1) },
    { video: "v2", title: "", classes: [], scores: Float32Array.of(0, 0.125, 0.0625) },
  ],
};

async function written(scores: RunScores = SCORES): Promise<string> {
  const folder = join(temporaryFolder(), "run");
  await writeRunScores(folder, scores);
  return folder;
}

/** As a forger would make it. */
function digestOf(...parts: readonly NumericArray["data"][]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

async function messageOfReading(folder: string): Promise<string> {
  const error = await readRunScores(folder).then(
    () => new Error("It was read."),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FormatError || error instanceof FileError)) throw error;
  return error.message.replaceAll(folder, "RUN");
}

test("what was written is read again", async () => {
  expect(await readRunScores(await written())).toEqual(SCORES);
  const none: RunScores = { labels: ["a"], videos: [] };
  expect(await readRunScores(await written(none))).toEqual(none);
});

test("the files are those that other programs read: two tensors and a JSON object", async () => {
  const folder = await written();
  expect(readdirSync(folder).sort()).toEqual(["scores.safetensors", "videos.json"]);
  const { tensors } = readSafetensors(readFileSync(join(folder, "scores.safetensors")), { file: "scores" });
  expect(tensors).toEqual(
    new Map<string, NumericArray>([
      ["scores", { dtype: "float32", shape: [2, 3], data: Float32Array.of(0.5, 0.25, 1, 0, 0.125, 0.0625) }],
      ["labels", { dtype: "uint8", shape: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 0, 0) }],
    ]),
  );
  expect(JSON.parse(readFileSync(join(folder, "videos.json"), "utf8"))).toEqual({
    labels: SCORES.labels,
    videos: [
      { video: "v1", title: "</script>\u202e" },
      { video: "v2", title: "" },
    ],
  });
});

test("scores of other sizes than the labels are refused before anything is written", async () => {
  const folder = join(temporaryFolder(), "run");
  const video = { video: "v", title: "", classes: [3], scores: new Float32Array(3) };
  await expect(writeRunScores(folder, { labels: ["a", "b"], videos: [video] })).rejects.toThrow(
    new RangeError("writeRunScores: video 0 must have 2 scores. Got 3."),
  );
  await expect(writeRunScores(folder, { labels: ["a", "b", "c"], videos: [video] })).rejects.toThrow(
    new RangeError("writeRunScores: video 0 must have classes below 3. Got 3."),
  );
  expect(() => readdirSync(folder)).toThrow();
});

test("a file that is missing is named", async () => {
  const folder = await written();
  rmSync(join(folder, "scores.safetensors"));
  expect(await messageOfReading(folder)).toBe("RUN/scores.safetensors: there is no such file or folder.");
  rmSync(join(folder, "videos.json"));
  expect(await messageOfReading(folder)).toBe("RUN/videos.json: there is no such file or folder.");
});

test("two files that do not belong together are found out", async () => {
  const folder = await written();
  const other = await written({ ...SCORES, labels: ["other", "names", "of labels"] });
  cpSync(join(other, "videos.json"), join(folder, "videos.json"));
  expect(await messageOfReading(folder)).toBe(
    "RUN/scores.safetensors: expected the scores of the videos.json beside it. Got those of another.",
  );
});

test.each<[string, Map<string, NumericArray>, string]>([
  ["a tensor missing", new Map(), 'tensor "scores": expected float32 of shape (2, 3). Got none.'],
  [
    "another shape",
    new Map([["scores", { dtype: "float32", shape: [3, 2], data: new Float32Array(6) }]]),
    'tensor "scores": expected float32 of shape (2, 3). Got float32 of shape (3, 2).',
  ],
  [
    "another type",
    new Map([["scores", { dtype: "float64", shape: [2, 3], data: new Float64Array(6) }]]),
    'tensor "scores": expected float32 of shape (2, 3). Got float64 of shape (2, 3).',
  ],
  [
    "NaN",
    new Map<string, NumericArray>([
      ["scores", { dtype: "float32", shape: [2, 3], data: Float32Array.of(0, 0, 0, 0, Number.NaN, 0) }],
      ["labels", { dtype: "uint8", shape: [2, 3], data: new Uint8Array(6) }],
    ]),
    'tensor "scores": expected finite values. Got NaN as value 4.',
  ],
  [
    "labels that are none",
    new Map<string, NumericArray>([
      ["scores", { dtype: "float32", shape: [2, 3], data: new Float32Array(6) }],
      ["labels", { dtype: "uint8", shape: [2, 3], data: Uint8Array.of(0, 2, 0, 0, 0, 0) }],
    ]),
    'tensor "labels": expected 0 or 1. Got 2 as value 1.',
  ],
])("scores with %s are a sentence", async (_, tensors, sentence) => {
  const folder = await written();
  const file = join(folder, "scores.safetensors");
  const metadata = new Map(readSafetensors(readFileSync(file), { file }).metadata);
  metadata.set("tensors sha256", digestOf(...[...tensors.values()].map(({ data }) => data)));
  writeFileSync(file, writeSafetensors(tensors, metadata));
  expect(await messageOfReading(folder)).toBe(`RUN/scores.safetensors, ${sentence}`);
});

test("videos.json of another form is a sentence", async () => {
  const folder = await written();
  const cases: readonly (readonly [unknown, string])[] = [
    [[], "labels: expected a list. Got no value."],
    [{ labels: 1 }, "labels: expected a list. Got 1."],
    [{ labels: ["a", "a"], videos: [] }, "labels: expected different texts. Got other values."],
    [{ labels: ["a", 1], videos: [] }, "labels: expected different texts. Got other values."],
    [{ labels: ["a"] }, "videos: expected a list. Got no value."],
    [{ labels: ["a"], videos: [1] }, "videos[0]: expected video and title. Got 1."],
    [{ labels: ["a"], videos: [{ video: "v" }] }, "videos[0]: expected video and title. Got a dict."],
  ];
  for (const [json, sentence] of cases) {
    writeFileSync(join(folder, "videos.json"), JSON.stringify(json));
    expect(await messageOfReading(folder)).toBe(`RUN/videos.json, ${sentence}`);
  }
});

test("damaged bytes in either file give an error that names it", async () => {
  const folder = await written();
  for (const name of ["scores.safetensors", "videos.json"]) {
    const file = join(folder, name);
    const whole = readFileSync(file);
    const property = fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const damaged = Uint8Array.from(whole);
      damaged[at] = (damaged[at] as number) ^ flip;
      writeFileSync(file, damaged.subarray(0, flip % 2 === 0 ? at : undefined));
      const outcome = await readRunScores(folder).catch((error: unknown) => error);
      if (outcome instanceof FormatError) expect(outcome.message).toContain(folder);
      else expect(outcome).toEqual(SCORES); // space in the header has changed
    });
    await fc.assert(property, { numRuns: 200 });
    writeFileSync(file, whole);
  }
});
