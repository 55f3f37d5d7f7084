import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { Interruption } from "../../src/cli/interruption.ts";
import { predict as predictInto } from "../../src/cli/predict-command.ts";
import { writeFeatureFile } from "../../src/formats/pickle/feature-file-writer.ts";
import { useBackend } from "../../src/node/backend.ts";
import type { ExplainedPrediction } from "../../src/paddle/explained-prediction.ts";
import type { PaddlePrediction } from "../../src/paddle/paddle-prediction.ts";
import { folderContent } from "../support/folder-content.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { recordedTerminal } from "../support/recorded-terminal.ts";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

function goldenJson<Content>(name: string): Content {
  return JSON.parse(readFileSync(goldenPath(`end-to-end/expected/${name}`), "utf8")) as Content;
}

/** A prediction without what the original does not write. */
type OriginalPrediction = Pick<PaddlePrediction, "video_id" | "labels">;

const NOTHING = new Float32Array(0);
const golden = goldenJson<OriginalPrediction[]>("predictions.json");
const probabilities = goldenJson<Readonly<Record<string, readonly number[]>>>("probabilities.json");

function expectPredictions(text: string, expected: readonly OriginalPrediction[]): void {
  const predictions = JSON.parse(text) as PaddlePrediction[];
  const names = (list: readonly OriginalPrediction[]) =>
    list.map(({ video_id, labels }) => [video_id, ...labels.map(([label]) => label)]);
  expect(names(predictions)).toEqual(names(expected));
  for (const [video, { labels }] of predictions.entries()) {
    for (const [index, [label, probability]] of labels.entries()) {
      const wanted = expected[video]?.labels[index]?.[1] as number;
      expect(Math.abs(probability - wanted), `${label} of video ${video}`).toBeLessThan(1e-5);
    }
  }
}

const predict = (output: string, ...more: readonly string[]) => [
  "predict",
  "--config",
  "conf.txt",
  "--checkpoint",
  "checkpoints_save/param",
  "--output",
  output,
  ...more,
];

describe("predict on the original's working folder", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  beforeAll(() => {
    folder = new WorkingFolder(whenOver);
  });

  test("writes what the original predicts, in its form, and the list's names behind it", async () => {
    const before = readdirSync(folder.path);
    const output = "预测 out.json";
    expect(await folder.run(...predict(output))).toEqual({
      code: 0,
      stdout: "",
      stderr: `${output}: 23 videos.\n`,
    });
    const text = folder.read(output);
    expectPredictions(text, golden);
    const form = (json: string) => json.replace(/\d\.\d+/g, "0");
    const names = (JSON.parse(text) as PaddlePrediction[]).map(({ file_name }) => file_name);
    const list = folder.read("datasets/val.txt").trimEnd().split("\n");
    expect(names).toEqual(list.map((row) => row.split("\t")[0]));
    expect(form(text.replaceAll(/,\n {8}"file_name": ".*"/g, ""))).toBe(
      form(readFileSync(goldenPath("end-to-end/expected/predictions.json"), "utf8")),
    );
    expect(readdirSync(folder.path).sort()).toEqual([...before, output].sort());
  });

  test("predicts the same with every backend and from a folder of ours, which needs no ERNIE beside it", async () => {
    await folder.run(
      "evaluate",
      "--config",
      "conf.txt",
      "--checkpoint",
      "checkpoints_save",
      "--save-inference-model",
      "ours",
      "--save-only",
    );
    await Promise.all([
      folder.run(...predict("cpu.json", "--backend", "cpu")),
      folder.run(...predict("wasm.json", "--backend", "wasm")),
    ]);
    expectPredictions(folder.read("cpu.json"), golden);
    expectPredictions(folder.read("wasm.json"), golden);
    rmSync(folder.at("model_pretrained"), { recursive: true });
    await folder.run("predict", "--config", "conf.txt", "--checkpoint", "ours", "--output", "ours.json");
    expect(folder.read("ours.json")).toBe(folder.read("wasm.json"));
  });
});

describe("the threshold", () => {
  test("0 gives every label in class order, 1 gives none, one after the other into the same file", async () => {
    const folder = new WorkingFolder();
    const labels = folder.read("datasets/class.txt").trim().split("\n");
    await folder.run(...predict("out.json", "--threshold", "0"));
    const every = Object.entries(probabilities).map(([video_id, scores]): OriginalPrediction => {
      return { video_id, labels: scores.map((score, index) => [labels[index] as string, score]) };
    });
    expectPredictions(folder.read("out.json"), every);
    const before = readdirSync(folder.path);
    await folder.run(...predict("out.json", "--threshold", "1"));
    expectPredictions(
      folder.read("out.json"),
      every.map(({ video_id }) => ({ video_id, labels: [] })),
    );
    expect(readdirSync(folder.path)).toEqual(before);
  });
});

describe("a list for prediction", () => {
  test("needs no labels and no titles, and leaves out what cannot be read", async () => {
    const folder = new WorkingFolder();
    folder.write("datasets/val.txt", "vid_003.mp4\nvid_002\tNBA 总决赛\nmissing.mp4\nvid_003.mp4\tagain\n");
    const { code, stderr } = await folder.run(...predict("out.json", "--threshold", "0"));
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        "./datasets/val.txt, line 3, missing.mp4: its feature file datasets/feature_files/missing.pkl does not exist.\n" +
        "./datasets/val.txt, line 4, vid_003.mp4: the name stands in line 1 already.\n" +
        "./datasets/val.txt: 2 of its rows were left out.\n" +
        "out.json: 2 videos.\n",
    });
    const predictions = JSON.parse(folder.read("out.json")) as PaddlePrediction[];
    expect(predictions.map(({ video_id }) => video_id)).toEqual([
      "https://v.example/vid_003.mp4",
      "https://v.example/vid_002.mp4",
    ]);
    // This one has an empty title in the golden list too.
    const scores = predictions[0]?.labels.map(([, probability]) => probability) ?? [];
    for (const [index, wanted] of (probabilities["https://v.example/vid_003.mp4"] ?? []).entries()) {
      expect(Math.abs((scores[index] as number) - wanted)).toBeLessThan(1e-5);
    }
  });
});

describe("an explained prediction", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  beforeAll(() => {
    folder = new WorkingFolder(whenOver);
  });
  const read = (file: string) => JSON.parse(folder.read(file)) as ExplainedPrediction[];

  test("has the original's keys first, and behind them what they came from", async () => {
    await folder.run(...predict("plain.json"));
    folder.edit("conf.txt", "drop_rate = 0.5", "drop_rate = 0.5\nimage_row_seconds = 0.5");
    expect((await folder.run(...predict("explained.json", "--explain"))).stderr).toBe("explained.json: 23 videos.\n");
    folder.edit("conf.txt", "image_row_seconds = 0.5\n", "");
    const explained = read("explained.json");
    const originals = explained.map(({ video_id, labels, file_name }) => ({ video_id, labels, file_name }));
    expect(JSON.stringify(originals, null, 4)).toBe(folder.read("plain.json"));
    expect(explained.some(({ present }) => !present.includes("text"))).toBe(true);
    for (const entry of explained) {
      const { labels, present, attention, contributions } = entry;
      expect(Object.keys(entry)).toEqual(["video_id", "labels", "file_name", "present", "attention", "contributions"]);
      expect(Object.keys(attention)).toEqual(present.filter((modality) => modality !== "text"));
      for (const rows of Object.values(attention)) {
        expect(rows.map(({ row }) => row)).toEqual([...rows.keys()]);
        expect(rows.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 5);
      }
      expect(attention["image"]?.map(({ start, end }) => [start, end])).toEqual(
        attention["image"]?.map((_, row) => [row / 2, (row + 1) / 2]),
      );
      expect(attention["audio"]?.map(({ start }) => start)).toEqual(attention["audio"]?.map((_, row) => row * 0.96));
      expect(contributions.map(([label]) => label)).toEqual(labels.map(([label]) => label));
      for (const [index, [label, shares]] of contributions.entries()) {
        expect(Object.keys(shares)).toEqual(["bias", "image", "audio", "text"]);
        const logit = Object.values(shares).reduce((sum, share) => sum + share, 0);
        expect(1 / (1 + Math.exp(-logit)), label).toBeCloseTo(labels[index]?.[1] as number, 5);
      }
    }
  });

  test("of a masked model takes nothing from what a video lacks, frames too", async () => {
    // The writer refuses a file without image rows, so the sound's name is exchanged for the frames'.
    const audio = { rows: 2, size: 9, data: new Float32Array(18).fill(0.5) };
    const file = writeFeatureFile({ video: "sound only", image: audio, audio: { ...audio, rows: 0, data: NOTHING } });
    const swapped = Buffer.from(file).toString("latin1").replace("image_pkl", "?").replace("audio_pkl", "image_pkl");
    folder.write("datasets/feature_files/sound.pkl", Buffer.from(swapped.replace("?", "audio_pkl"), "latin1"));
    folder.write("datasets/val.txt", "sound.mp4\nvid_002\tNBA 总决赛\n");
    const all = ["--threshold", "0", "--explain"];
    expect((await folder.run(...predict("reference.json", ...all))).stderr).toContain(
      "sound.mp4: datasets/feature_files/sound.pkl, feature.image_pkl: expected at least 1 row. Got none.",
    );
    folder.edit("conf.txt", "drop_rate = 0.5", 'drop_rate = 0.5\nabsent_modalities = "masked"');
    expect((await folder.run(...predict("masked.json", ...all))).stderr).toBe(
      './datasets/val.txt: line 1, sound.mp4: its feature file says that it is of "sound only".\nmasked.json: 2 videos.\n',
    );
    const [sound, whole] = read("masked.json");
    expect(sound?.present).toEqual(["audio"]);
    expect(sound?.attention["audio"]?.length).toBe(2);
    expect(sound?.contributions).toHaveLength(12);
    for (const [label, { image, text, audio: heard }] of sound?.contributions ?? []) {
      expect([image, text], label).toEqual([0, 0]);
      expect(heard, label).not.toBe(0);
    }
    expect(whole).toEqual(read("reference.json")[0]);
  });
});

test("predicting that is interrupted leaves the file that was there, and nothing else", async () => {
  await useBackend("cpu");
  const folder = new WorkingFolder();
  folder.makePathsAbsolute();
  folder.write("out.json", "old");
  const before = folderContent(folder.path);
  const options = {
    config: folder.at("conf.txt"),
    checkpoint: folder.at("checkpoints_save"),
    output: folder.at("out.json"),
  };
  const stopped = AbortSignal.abort(new Interruption("SIGINT"));
  await expect(predictInto(options, recordedTerminal(), stopped)).rejects.toThrow(Interruption);
  expect(folderContent(folder.path)).toEqual(before);
});

test("predicting of which nothing can be written says nothing of videos that were kept", async () => {
  await useBackend("cpu");
  const folder = new WorkingFolder();
  folder.makePathsAbsolute();
  const output = folder.at("out.json");
  const options = { config: folder.at("conf.txt"), checkpoint: folder.at("checkpoints_save"), output };
  const terminal = recordedTerminal();
  // A folder that takes the file's name meanwhile: it cannot be renamed.
  const bar = () => ({ update: () => mkdirSync(output, { recursive: true }), end: () => {} });
  const work = predictInto(options, { ...terminal, bar }, new AbortController().signal);
  await expect(work).rejects.toThrow("out.json");
  expect(readdirSync(folder.path)).not.toContain("out.json.partial");
  expect(terminal.said).toEqual([]);
});

test("samples the rows of long videos where it is told to, and says of which", async () => {
  const own = new WorkingFolder();
  const { code, stderr } = await own.run(...predict("out.json", "--max-rows", "2"));
  expect(code).toBe(0);
  const predictions = JSON.parse(own.read("out.json")) as PaddlePrediction[];
  const sampled = predictions.filter(({ sampledFrom }) => sampledFrom !== undefined);
  expect(sampled.length).toBeGreaterThan(0);
  for (const { video_id, sampledFrom } of sampled) {
    for (const [modality, rows] of Object.entries(sampledFrom ?? {})) {
      expect(rows).toBeGreaterThan(2);
      expect(stderr).toContain(`${rows} rows of ${modality}`);
    }
    expect(stderr).toContain(`${video_id}: `);
  }
  expect(stderr).toContain("2 of them are used, evenly sampled.");
});
