import { spawn } from "node:child_process";
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type EvaluationJson, evaluationOf } from "../support/evaluation-json.ts";
import { folderContent } from "../support/folder-content.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { PROGRAM, resultOf, runProgram, startProgram } from "../support/program.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

interface GoldenEvaluation {
  readonly hit_at_k: Readonly<Record<string, number>>;
  readonly loss_sum_per_video: number;
  readonly videos: number;
}

const golden: GoldenEvaluation = JSON.parse(readFileSync(goldenPath("end-to-end/expected/evaluation.json"), "utf8"));

function expectGolden({ hitAtK, loss, videos, skipped, globalAveragePrecision, microF1 }: EvaluationJson): void {
  for (const share of [globalAveragePrecision, microF1]) expect(share >= 0 && share <= 1).toBe(true);
  expect(Object.keys(hitAtK)).toEqual(["1", "2", "3", "5"]);
  for (const [k, share] of Object.entries(golden.hit_at_k)) expect(hitAtK[k]).toBeCloseTo(share, 9);
  expect(Math.abs(loss - golden.loss_sum_per_video)).toBeLessThan(1e-4);
  expect(videos).toBe(golden.videos);
  expect(skipped).toEqual([]);
}

const evaluate = (checkpoint: string, ...more: readonly string[]) => [
  "evaluate",
  "--config",
  "conf.txt",
  "--checkpoint",
  checkpoint,
  ...more,
];

/** Of the 23 videos, once they are cut to the model's length. */
const DISTINCT_TITLES = 21;

describe("evaluate on the original's working folder", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  beforeAll(() => {
    folder = new WorkingFolder(whenOver);
  });

  test("measures what the original measures, and prints a line", async () => {
    const before = folderContent(folder.path);
    const { code, stdout, stderr } = await folder.run(...evaluate("checkpoints_save/param"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const hits =
      "Hit@1 13.0 %, Hit@2 21.7 %, Hit@3 30.4 %, Hit@5 73.9 %, mAP \\d+\\.\\d %, GAP \\d+\\.\\d %, F1 \\d+\\.\\d %";
    const [, loss] = stdout.match(new RegExp(`^23 videos, loss (\\d+\\.\\d{6}) a video, ${hits}\\n$`)) ?? [];
    expect(Math.abs(Number(loss) - golden.loss_sum_per_video)).toBeLessThan(1e-4);
    expect(folderContent(folder.path)).toEqual(before);
  });

  test("measures the same with a folder of title encodings, which it fills, and from which it takes them", async () => {
    const plain = await folder.run(...evaluate("checkpoints_save", "--json"));
    const words = evaluate("checkpoints_save", "--json", "--encoding-cache", "encodings");
    expect(await folder.run(...words)).toEqual(plain);
    const filled = folderContent(folder.at("encodings"));
    expect(Object.keys(filled).length).toBe(DISTINCT_TITLES);
    expect(await folder.run(...words)).toEqual(plain);
    expect(folderContent(folder.at("encodings"))).toEqual(filled);
    rmSync(folder.at("encodings"), { recursive: true });
  });

  test("measures the same of a param file and of its folder, with each backend", async () => {
    const [file, ofFolder, cpu] = await Promise.all([
      folder.run(...evaluate("checkpoints_save/param", "--json")),
      folder.run(...evaluate("checkpoints_save", "--json")),
      folder.run(...evaluate("checkpoints_save", "--json", "--backend", "cpu")),
    ]);
    const evaluation = evaluationOf(file);
    expectGolden(evaluation);
    expect(evaluationOf(ofFolder)).toEqual(evaluation);
    expectGolden(evaluationOf(cpu));
    expect(Math.abs(evaluationOf(cpu).loss - evaluation.loss)).toBeLessThan(1e-5);
  });

  test("converts a checkpoint to a folder of ours and the original's params, which measure the same", async () => {
    const target = "推理/inference model";
    const words = evaluate("checkpoints_save/param", "--save-inference-model", target);
    expect(await folder.run(...words, "--save-only")).toEqual({
      code: 0,
      stdout: "",
      stderr: `${target}: the inference model is there.\n`,
    });
    expect(readdirSync(folder.at(target))).toHaveLength(4);
    const param = readFileSync(folder.at("checkpoints_save/param"));
    expect(readFileSync(folder.at(target, "params")).equals(param)).toBe(true);
    expectGolden(evaluationOf(await folder.run(...evaluate(target, "--json"))));
    expectGolden(evaluationOf(await folder.run(...evaluate(`${target}/params`, "--json"))));
    // It measures too unless it is told not to.
    expectGolden(evaluationOf(await folder.run(...words, "--json")));
  });

  test("says what it left out, line by line, and goes on", async () => {
    const other = new WorkingFolder();
    const extra = ["bad\u001b[31m.mp4\tTitle\t影视", "/\t\t影视", "vid_000.mp4\tno label\t", "x.mp4\t\t没有"];
    other.write("datasets/val.txt", `${other.read("datasets/val.txt")}${extra.join("\n")}\n`);
    cpSync(goldenPath("bad-features/code_eval.pkl"), other.at("datasets/feature_files/vid_003.pkl"));
    cpSync(goldenPath("bad-features/wrong_width.pkl"), other.at("datasets/feature_files/vid_006.pkl"));
    for (const name of ["vid_004.pkl", "vid_005.pkl"]) rmSync(other.at("datasets/feature_files", name));
    mkdirSync(other.at("datasets/feature_files/vid_004.pkl"));
    const features = "datasets/feature_files";
    const problems: readonly (readonly [number, string, string, string])[] = [
      [
        4,
        "https://v.example/vid_003.mp4",
        "unreadable-file",
        `${features}/vid_003.pkl, byte 2: expected data only. Got a call of builtins.eval, which was not run.`,
      ],
      [
        5,
        "https://v.example/vid_004.mp4",
        "unreadable-file",
        `${features}/vid_004.pkl: expected a file. Got a folder.`,
      ],
      [6, "https://v.example/vid_005.mp4", "missing-file", `its feature file ${features}/vid_005.pkl does not exist.`],
      [
        7,
        "https://v.example/vid_006.mp4",
        "unreadable-file",
        `${features}/vid_006.pkl, feature.image_pkl: expected rows of 12 values. Got 5.`,
      ],
      [24, "bad\u001b[31m.mp4", "unusable-name", "its name cannot name a feature file."],
      [25, "/", "unusable-name", "its name cannot name a feature file."],
      [26, "vid_000.mp4", "no-label", "it has no label."],
      [27, "x.mp4", "no-known-label", "none of its labels is in the class file: 没有."],
    ];
    const text = await other.run(...evaluate("checkpoints_save"));
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^19 videos, /);
    expect(text.stderr.split("\n")).toEqual([
      "./datasets/val.txt: 1 of 49 labels (2.0 %) are not in the class file, and do not count.",
      './datasets/val.txt: the label "没有" (line 27) is not in the class file.',
      ...problems.map(([line, name, , problem]) => {
        return `./datasets/val.txt, line ${line}, ${name.replace("\u001b", "\\u{1b}")}: ${problem}`;
      }),
      "./datasets/val.txt: 8 of its rows were left out.",
      "",
    ]);
    const json = await other.run(...evaluate("checkpoints_save", "--json"));
    expect(json.stderr).toBe("");
    expect(evaluationOf(json)).toMatchObject({
      videos: 19,
      skipped: problems.map(([line, fileName, reason, problem]) => {
        return { line, fileName, reason, message: `line ${line}, ${fileName}: ${problem}` };
      }),
    });
  });
});

describe("evaluate wherever and however the files lie", () => {
  test("with Windows' line ends and byte order marks in every text file", async () => {
    const folder = new WorkingFolder();
    const ernie = "model_pretrained/ernie_v1_params";
    for (const file of [
      "conf.txt",
      "datasets/val.txt",
      "datasets/class.txt",
      `${ernie}/vocab.txt`,
      `${ernie}/ernie_config.json`,
    ]) {
      folder.write(file, `\ufeff${folder.read(file).replaceAll("\n", "\r\n")}`);
    }
    expectGolden(evaluationOf(await folder.run(...evaluate("checkpoints_save", "--json"))));
  });

  test("with a configuration that lies elsewhere: its paths start at the working folder", async () => {
    const [folder, elsewhere] = [new WorkingFolder(), temporaryFolder()];
    const config = `${elsewhere}/my conf.txt`;
    cpSync(folder.at("conf.txt"), config);
    const words = ["evaluate", "--config", config, "--checkpoint", folder.at("checkpoints_save"), "--json"];
    expectGolden(evaluationOf(await folder.run(...words)));
    expect(await runProgram(elsewhere, ...words)).toEqual({
      code: 1,
      stdout: "",
      stderr: "./datasets/class.txt: there is no such file or folder.\n",
    });
  });
});

describe("standard output", () => {
  test("that nobody reads any more is no error", async () => {
    const folder = new WorkingFolder();
    const program = startProgram(folder.path, evaluate("checkpoints_save", "--json"));
    program.stdout.destroy();
    expect(await resultOf(program)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test.runIf(existsSync("/dev/full"))("that is full is a sentence", async () => {
    const folder = new WorkingFolder();
    const full = openSync("/dev/full", "w");
    const program = spawn(process.execPath, [PROGRAM, ...evaluate("checkpoints_save")], {
      cwd: folder.path,
      stdio: ["ignore", full, "pipe"],
    });
    let stderr = "";
    program.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => program.on("close", resolve));
    expect({ code, stderr }).toEqual({ code: 1, stderr: "standard output: the disk is full.\n" });
    closeSync(full);
  });
});
