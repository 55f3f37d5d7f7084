import { copyFileSync, rmSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { writeFeatureFile } from "../../src/formats/pickle/feature-file-writer.ts";
import { readProjectStatistics } from "../../src/project/project-statistics.ts";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

const FEATURES = "datasets/feature_files";

/** Lists of few rows: what a careless user has. */
function carelessFolder(...whenOver: ConstructorParameters<typeof WorkingFolder>): WorkingFolder {
  const folder = new WorkingFolder(...whenOver);
  const name = (index: number) => `https://v.example/vid_${String(index).padStart(3, "0")}.mp4`;
  const row = (index: number, title: string, labels: string) => `${name(index)}\t${title}\t${labels}\n`;
  const train = [
    row(0, "a cat", "宠物"),
    row(1, "a cat", "宠物,影视"),
    row(1, "again", "宠物"),
    row(2, "unknown", "nothing"),
    row(3, "no label", ""),
    row(4, "", "影视"),
    row(90, "missing", "宠物"),
    row(91, "not a number", "宠物"),
    row(92, "broken", "宠物"),
  ];
  const valid = [row(1, "another title", "宠物"), row(5, "a cat", "音乐"), row(93, "copied", "音乐")];
  folder.write("datasets/train.txt", train.join(""));
  folder.write("datasets/val.txt", valid.join(""));
  folder.edit("conf.txt", "val.txt", "train.txt"); // the first is that of [TRAIN]
  folder.edit("conf.txt", /\[TEST\][^[]*/, "");
  folder.write(`${FEATURES}/vid_091.pkl`, notFiniteFeatures());
  folder.write(`${FEATURES}/vid_092.pkl`, "broken");
  copyFileSync(folder.at(FEATURES, "vid_004.pkl"), folder.at(FEATURES, "vid_093.pkl"));
  return folder;
}

/** A feature file with 2 NaN and an infinity, from column 5 on, which our writer would refuse. */
function notFiniteFeatures(): Uint8Array {
  const image = { rows: 2, size: 12, data: new Float32Array(24) };
  image.data.set([1, 1, 1], 5);
  const audio = { rows: 0, size: 0, data: new Float32Array(0) };
  const bytes = Buffer.from(writeFeatureFile({ video: "vid_091.mp4", image, audio }));
  const ones = Buffer.from(Float32Array.of(1, 1, 1).buffer);
  const bad = Buffer.from(Float32Array.of(Number.NaN, Number.NaN, Number.POSITIVE_INFINITY).buffer);
  bad.copy(bytes, bytes.indexOf(ones));
  return bytes;
}

describe("inspect on a configuration", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  beforeAll(() => {
    folder = carelessFolder(whenOver);
  });

  test("tells people what the data is like, and what is wrong with it", async () => {
    const { code, stdout, stderr } = await folder.run("inspect", "conf.txt");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.slice(0, 13)).toEqual([
      "dataset",
      "[TRAIN] ./datasets/train.txt: 3 videos",
      "1 of 8 labels (12.5 %) are not in the class file, and do not count.",
      'the label "nothing" (line 4) is not in the class file.',
      "rows left out: 6 (repeated 1, no-known-label 1, no-label 1, missing-file 1, unreadable-file 2)",
      "  line 3, https://v.example/vid_001.mp4: the name stands in line 2 already.",
      "  line 4, https://v.example/vid_002.mp4: none of its labels is in the class file: nothing.",
      "  line 5, https://v.example/vid_003.mp4: it has no label.",
      "  line 7, https://v.example/vid_090.mp4: its feature file datasets/feature_files/vid_090.pkl does not exist.",
      "  line 8, https://v.example/vid_091.mp4: datasets/feature_files/vid_091.pkl, feature.image_pkl row 0, column 5: expected a finite float32. Got NaN.",
      "image of those left out: 2 NaN, 1 infinite values in 1 videos",
      "labels: 12, 1.33 a video, 10 without a video",
      "  影视: 2",
    ]);
    expect(lines).toContain("titles: 1 empty, 1 that more than one video has");
    expect(lines).toContain("  a cat: 2 videos");
    expect(lines).toContain("characters of a title: 0 to 5, mean 3.3, quartiles 0, 5, 5");
    expect(lines).toContain(`  5: 2 ${"#".repeat(40)}`);
    expect(lines).toContain(`  0: 1 ${"#".repeat(20)}`);
    expect(lines.slice(-5)).toEqual([
      "[TRAIN] and [VALID] share 1 file names, 1 titles, features of 2 videos",
      expect.stringMatching(/^memory at most, in one thread: \d+ MB to train, \d+ MB to predict$/),
      "warning: 10 of 12 labels have no training video: 音乐, 游戏, 美食, 体育, 搞笑 and 5 more.",
      "warning: Leakage: 1 validation video has the file name of a training video: https://v.example/vid_001.mp4.",
      "warning: Leakage: 2 validation videos have the features of training videos: https://v.example/vid_001.mp4, https://v.example/vid_093.mp4.",
    ]);
  });

  test("tells machines the same, whole", async () => {
    const { code, stdout, stderr } = await folder.run("inspect", "conf.txt", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { train, valid, ...rest } = JSON.parse(stdout);
    const [one, four] = [1, 4].map((index) => `https://v.example/vid_00${index}.mp4`);
    expect(rest).toEqual({
      kind: "dataset",
      sharedWithTrain: {
        valid: {
          fileNames: [one],
          titles: [{ title: "a cat", videos: [2, 1] }],
          features: [
            [[one], [one]],
            [[four], ["https://v.example/vid_093.mp4"]],
          ],
        },
      },
      memory: {
        training: expect.any(Number),
        prediction: expect.any(Number),
        maxRows: expect.any(Number),
        sampled: [],
      },
      warnings: expect.objectContaining({ length: 3 }),
      problems: [],
    });
    expect(train).toMatchObject({
      list: "./datasets/train.txt",
      videos: 3,
      withoutTitle: 1,
      refusedValues: {
        image: { videos: 1, notANumber: 2, infinite: 1 },
        audio: { videos: 0, notANumber: 0, infinite: 0 },
      },
    });
    expect(train.skipped.map(({ line, reason }: { line: number; reason: string }) => [line, reason])).toEqual([
      [3, "repeated"],
      [4, "no-known-label"],
      [5, "no-label"],
      [7, "missing-file"],
      [8, "unreadable-file"],
      [9, "unreadable-file"],
    ]);
    expect(valid).toMatchObject({ list: "./datasets/val.txt", videos: 3, skipped: [] });
    expect(train.features.image).toMatchObject({ rows: train.lengths.image.mean * 3, size: 12 });
  });
});

test("inspect tells the memory that is needed, and names the videos that are too long for a training step", async () => {
  const folder = new WorkingFolder();
  const lines = async () => (await folder.run("inspect", "conf.txt")).stdout.split("\n");
  const memory = /^memory at most, in one thread: (\d+) MB to train, (\d+) MB to predict$/;
  const needed = (all: string[]) => all.flatMap((line) => line.match(memory)?.slice(1).map(Number) ?? []);
  const tooLong = (all: string[]) => all.filter((line) => line.startsWith("training videos of which"));
  const before = await lines();
  expect(tooLong(before)).toEqual([]);
  const [training = 0, prediction = 0] = needed(before);
  expect(prediction).toBeGreaterThan(100);
  expect(training).toBeGreaterThanOrEqual(prediction);
  folder.edit("conf.txt", "num_classes = 12", "num_classes = 12\nmax_rows = 5");
  const sampled = await lines();
  const first = sampled.indexOf("training videos of which only 5 rows are used, evenly sampled: 14");
  expect(sampled[first + 1]).toBe("  https://v.example/vid_002.mp4: 12 rows of image, 4 of audio");
  expect(sampled[first + 6]).toBe("  9 more");
  const { stdout } = await folder.run("inspect", "conf.txt", "--json");
  const { maxRows, sampled: all } = JSON.parse(stdout).memory;
  expect([maxRows, all.length]).toEqual([5, 14]);
  folder.edit("conf.txt", "max_rows = 5", "");
  folder.write(`${FEATURES}/vid_000.pkl`, longFeatures(300_000));
  const far = await lines();
  expect(tooLong(far)).toEqual([
    expect.stringMatching(/^training videos of which only \d{5,} rows are used, evenly sampled: 1$/),
  ]);
  expect(needed(far)[1]).toBeGreaterThan(prediction + 40);
});

function longFeatures(rows: number): Uint8Array {
  const image = { rows, size: 12, data: new Float32Array(rows * 12) };
  return writeFeatureFile({ video: "vid_000.mp4", image, audio: { rows: 0, size: 0, data: new Float32Array(0) } });
}

describe("inspect on a configuration that cannot be used", () => {
  test("names what is wrong in a sentence, and fails", async () => {
    const folder = carelessFolder();
    const failure = async (): Promise<string> => {
      const { code, stdout, stderr } = await folder.run("inspect", "conf.txt");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      return stderr;
    };
    rmSync(folder.at("datasets/val.txt"));
    expect(await failure()).toBe("./datasets/val.txt: there is no such file or folder.\n");
    folder.write("datasets/val.txt", "");
    expect(await failure()).toBe("./datasets/val.txt: expected a video a line. Got none.\n");
    folder.edit("conf.txt", "num_classes = 12", "num_classes = 13");
    expect(await failure()).toBe(
      "./datasets/class.txt: expected 13 labels, as num_classes in conf.txt says. Got 12.\n",
    );
    folder.edit("conf.txt", "num_classes = 13", "num_clases = 12");
    expect(await failure()).toBe("conf.txt, line 13: unknown key num_clases in [MODEL]. Did you mean num_classes?\n");
  });

  test("describes the rest when no video of a section can be used, and fails", async () => {
    const folder = carelessFolder();
    folder.write("datasets/val.txt", "x/none.mp4\ttitle\t宠物\n");
    const { code, stdout, stderr } = await folder.run("inspect", "conf.txt");
    expect(code).toBe(1);
    expect(stdout).toContain("[VALID] ./datasets/val.txt: 0 videos\nrows left out: 1 (missing-file 1)\n");
    expect(stderr).toBe(
      "./datasets/val.txt: it has no video that can be used. The first of 1 problems: line 1, x/none.mp4: " +
        "its feature file datasets/feature_files/none.pkl does not exist.\n",
    );
  });
});

describe("inspect on a configuration, of which a part cannot be used, describes the rest and fails", () => {
  const ERNIE = "model_pretrained/ernie_v1_params";
  const MODEL = "expected the 37 parameters of this model: ERNIE 2 x 24. The first that does not fit is";

  async function problemsOf(folder: WorkingFolder): Promise<string> {
    const { code, stdout, stderr } = await folder.run("inspect", "conf.txt");
    expect(code).toBe(1);
    expect(stdout).toContain("[TRAIN] ./datasets/val.txt: ");
    const { problems } = JSON.parse((await folder.run("inspect", "conf.txt", "--json")).stdout);
    expect(`${problems.join("\n")}\n`).toBe(stderr);
    return stderr;
  }

  test("for a parameter of the pretrained ERNIE that is missing, damaged or of another shape", async () => {
    const folder = new WorkingFolder();
    const name = "encoder_layer_1_ffn_fc_0.b_0";
    folder.write(`${ERNIE}/${name}`, "none");
    expect(await problemsOf(folder)).toBe(
      `${ERNIE}/${name}, byte 0: expected version 0 of Paddle's LoDTensor. Got 1701736302.\n`,
    );
    copyFileSync(folder.at(ERNIE, "encoder_layer_1_ffn_fc_1.b_0"), folder.at(ERNIE, name));
    expect(await problemsOf(folder)).toBe(`${ERNIE}/${name}: ${MODEL} ${name}: expected [96]. Got [24].\n`);
    rmSync(folder.at(ERNIE, name));
    expect(await problemsOf(folder)).toBe(`${ERNIE}/: ${MODEL} ${name}: expected [96]. Got no file of this name.\n`);
    folder.edit(`${ERNIE}/ernie_config.json`, '"num_hidden_layers": 2', '"num_hidden_layers": 1000000000');
    expect(await problemsOf(folder)).toMatch(
      /^ErnieEncoder: its \d+ parameters need [\d.,]+ \w+\. The wasm backend has /,
    );
  });

  test("for some features of another width: how many, and which is the first", async () => {
    const folder = new WorkingFolder();
    const audio = { rows: 0, size: 0, data: new Float32Array(0) };
    for (const index of [3, 7]) {
      const image = { rows: 2, size: 5, data: new Float32Array(10) };
      folder.write(`${FEATURES}/vid_00${index}.pkl`, writeFeatureFile({ video: `vid_00${index}.mp4`, image, audio }));
    }
    const sentence =
      "./datasets/val.txt: features of 2 of its videos have another width than conf.txt says. The first: line 4, " +
      "https://v.example/vid_003.mp4: datasets/feature_files/vid_003.pkl, feature.image_pkl: expected rows of 12 values. Got 5.";
    expect((await problemsOf(folder)).split("\n").slice(0, -1)).toEqual([sentence, sentence, sentence]);
  });
});

test("readProjectStatistics measures only the modalities of the model, and tests against training too", async () => {
  const folder = new WorkingFolder();
  folder.makePathsAbsolute();
  folder.edit("conf.txt", "['rgb', 'audio', 'text']", "['rgb', 'text']");
  folder.edit("conf.txt", "[[12], [9], [5, 16, 1]]", "[[12], [5, 16, 1]]");
  const { train, valid, test: own, sharedWithTrain } = await readProjectStatistics(folder.at("conf.txt"));
  expect([train, valid, own].map((section) => section?.summary.videos)).toEqual([23, 23, 23]);
  expect(Object.keys(train.summary.features)).toEqual(["image"]);
  expect([sharedWithTrain.valid, sharedWithTrain.test].map((shared) => shared?.fileNames.length)).toEqual([23, 23]);
});

test("of very many labels those with the most videos are listed, and the others counted", async () => {
  const folder = carelessFolder();
  const more = Array.from({ length: 240 }, (_, index) => `another ${index}\n`);
  folder.write("datasets/class.txt", `宠物\n影视\n${more.join("")}`);
  folder.edit("conf.txt", /num_classes = \d+/, "num_classes = 242");
  const lines = (await folder.run("inspect", "conf.txt")).stdout.split("\n");
  const first = lines.indexOf("labels: 242, 1.33 a video, 240 without a video");
  expect(lines.slice(first + 1, first + 3)).toEqual(["  宠物: 2", "  影视: 2"]);
  expect(lines[first + 200]).toBe("  another 197: 0");
  expect(lines[first + 201]).toBe("  42 more, each 0 or fewer");
  expect(lines[first + 202]).toMatch(/^titles: /);
});
