import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

const LIST = "./datasets/val.txt";
const CHECKPOINT = ["--config", "conf.txt", "--checkpoint", "checkpoints_save/param"];

describe("a list of which much would be lost in silence", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  beforeAll(() => {
    folder = new WorkingFolder(whenOver);
    const rows = ["vid_000.mp4\t\t影视, 音乐,影視", "a/vid_001.mp4\t\t美食，体育", "b/vid_001.mp4\t\t[影视,音乐,游戏]"];
    folder.write("datasets/val.txt", `${rows.join("\n")}\n`);
  });
  const unknown = [
    "1 of 7 labels (14.3 %) are not in the class file, and do not count.",
    'the label "影視" (line 1) is not in the class file; the nearest is "影视".',
  ];
  const mended = [
    'the label " 音乐" (line 1) is read as "音乐".',
    'the label "美食，体育" (line 2) is read as "美食" and "体育".',
    'the label "[影视" (line 3) is read as "影视".',
    'the label "游戏]" (line 3) is read as "游戏".',
  ];
  const shared = '2 rows have the same feature file vid_001.pkl: "a/vid_001.mp4", "b/vid_001.mp4" (lines 2, 3).';
  const saying = (...sentences: readonly string[]) => sentences.map((sentence) => `${LIST}: ${sentence}`);

  test("evaluate names it, and counts it in JSON", async () => {
    const text = await folder.run("evaluate", ...CHECKPOINT);
    expect(text.code).toBe(0);
    expect(text.stderr.trimEnd().split("\n")).toEqual(saying(...mended, ...unknown, shared));
    const { findings, videos } = JSON.parse((await folder.run("evaluate", ...CHECKPOINT, "--json")).stdout);
    expect(videos).toBe(3);
    expect(findings).toMatchObject({
      isQuoted: false,
      labels: { written: 7, unknown: [{ label: "影視", lines: [1], nearest: "影视" }] },
      unusableLabels: [],
      sharedFeatureFiles: [{ file: "vid_001.pkl", lines: [2, 3], fileNames: ["a/vid_001.mp4", "b/vid_001.mp4"] }],
      otherVideos: [],
    });
    expect(findings.labels.mended).toHaveLength(4);
  });

  test("predict names it, and every prediction has the list's name", async () => {
    const { code, stderr } = await folder.run("predict", ...CHECKPOINT, "--output", "out.json");
    expect(code).toBe(0);
    expect(stderr.trimEnd().split("\n")).toEqual([...saying(shared), "out.json: 3 videos."]);
    const predictions = JSON.parse(folder.read("out.json")) as { video_id: string; file_name: string }[];
    expect(predictions.map(({ video_id, file_name }) => [video_id, file_name])).toEqual([
      ["https://v.example/vid_000.mp4", "vid_000.mp4"],
      ["https://v.example/vid_001.mp4", "a/vid_001.mp4"],
      ["https://v.example/vid_001.mp4", "b/vid_001.mp4"],
    ]);
  });

  test("train does not start unless it is told to, and then says all of it first", async () => {
    const words = ["train", "--config", "conf.txt", "--output", "run", "--epochs", "1"];
    expect(await folder.run(...words)).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `${LIST}: expected at most 5 % of labels that are not in the class file. Got 1 of 7 labels (14.3 %): ` +
        `${unknown[1]} Mend them, or add --allow-unknown-labels.\n`,
    });
    expect(existsSync(folder.at("run"))).toBe(false);
    const { code, stderr } = await folder.run(...words, "--allow-unknown-labels");
    expect(code).toBe(0);
    // The configuration has one list for training and validation.
    expect(stderr.split("\n").slice(0, 7)).toEqual(saying(...mended, ...unknown, shared));
  });
});

test("a class file that is quoted, and has blanks that do not count, is told of once", async () => {
  const folder = new WorkingFolder();
  const [first = "", ...others] = folder.read("datasets/class.txt").trimEnd().split("\n");
  folder.write("datasets/class.txt", [`"${first} "`, ...others].map((line) => `${line}\n`).join(""));
  const { code, stderr } = await folder.run("evaluate", ...CHECKPOINT);
  expect(code).toBe(0);
  expect(stderr.split("\n").filter((line) => line.includes("class.txt"))).toEqual([
    "./datasets/class.txt: its fields are quoted as CSV programs do: they are read without the quotation marks.",
    "./datasets/class.txt: 1 line has blanks or characters that cannot be seen around a label or an index, which do not count: it is line 1.",
  ]);
});
