import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { Interruption } from "../../src/cli/interruption.ts";
import { commandLine } from "../../src/cli/next-step.ts";
import { trainRun } from "../../src/cli/train-command.ts";
import { useBackend } from "../../src/node/backend.ts";
import { type EvaluationJson, evaluationOf } from "../support/evaluation-json.ts";
import { folderContent } from "../support/folder-content.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { type ProgramResult, resultOf, startProgram } from "../support/program.ts";
import { recordedTerminal } from "../support/recorded-terminal.ts";
import { runContent } from "../support/run-content.ts";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

/** A line of metrics.jsonl. */
interface EpochMetrics {
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: number;
  readonly valid: Omit<EvaluationJson, "skipped">;
  readonly isBest: boolean;
}

const train = (output: string, ...more: readonly string[]) => [
  "train",
  "--config",
  "conf.txt",
  "--output",
  output,
  ...more,
];

function metricsIn(folder: WorkingFolder, run: string): EpochMetrics[] {
  const lines = folder.read(`${run}/metrics.jsonl`).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as EpochMetrics);
}

async function evaluate(folder: WorkingFolder, checkpoint: string): Promise<EvaluationJson> {
  return evaluationOf(await folder.run("evaluate", "--config", "conf.txt", "--checkpoint", checkpoint, "--json"));
}

describe("train on the original's working folder", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  let first: ProgramResult;
  beforeAll(async () => {
    folder = new WorkingFolder(whenOver);
    first = await folder.run(...train("runs/第一 run", "--epochs", "2"));
  });

  test("says a line an epoch, and nothing that only a terminal understands", () => {
    const line = (epoch: number) =>
      `epoch ${epoch}/2: loss \\d+\\.\\d{3}; valid: loss \\d+\\.\\d{3}, ` +
      "Hit@1 [\\d.]+ %, Hit@2 [\\d.]+ %, Hit@3 [\\d.]+ %, Hit@5 [\\d.]+ %, mAP [\\d.]+ %(?: \\(best so far\\))?\\n";
    // The golden validation data are the training data.
    const leakage = (what: string) =>
      `Warning: Leakage: 23 validation videos have the ${what} of training videos: .*\\n`;
    expect({ ...first, stderr: "" }).toEqual({ code: 0, stdout: "", stderr: "" });
    const next =
      "runs/第一 run/best: the best model\\. What it does well and badly: runs/第一 run/report\\.html\\n" +
      "Next: multimodal-video-tag predict --config conf\\.txt --checkpoint 'runs/第一 run/best' --output predictions\\.json\\n";
    const warnings = leakage("file name") + leakage("features");
    expect(first.stderr).toMatch(new RegExp(`^${line(1)}${warnings}${line(2)}${next}$`));
    expect(first.stderr).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test("leaves the last and the best model, and metrics that evaluate reproduces", async () => {
    expect(readdirSync(folder.at("runs/第一 run"))).toEqual([
      "best",
      "conf.txt",
      "last",
      "metrics.jsonl",
      "report.html",
      "run.json",
      "scores.safetensors",
      "state",
      "videos.json",
      "warnings.txt",
    ]);
    const metrics = metricsIn(folder, "runs/第一 run");
    expect(metrics.map(({ epoch, learningRate }) => ({ epoch, learningRate }))).toEqual([
      { epoch: 1, learningRate: 0.0007 },
      { epoch: 2, learningRate: 0.0007 },
    ]);
    expect(metrics[1]?.loss).toBeLessThan(metrics[0]?.loss as number);
    const best = metrics.findLast(({ isBest }) => isBest) as EpochMetrics;
    for (const [name, expected] of [
      ["last", metrics.at(-1) as EpochMetrics],
      ["best", best],
    ] as const) {
      const { hitAtK, meanAveragePrecision, loss, videos } = await evaluate(folder, `runs/第一 run/${name}`);
      expect(hitAtK).toEqual(expected.valid.hitAtK);
      expect(meanAveragePrecision).toBeCloseTo(expected.valid.meanAveragePrecision, 9);
      expect(videos).toBe(expected.valid.videos);
      expect(loss).toBeCloseTo(expected.valid.loss, 6);
    }
  });

  test("leaves a report that tells when the model looked, and what each modality added", () => {
    const report = folder.read("runs/第一 run/report.html");
    // 12 of the 23 videos are shown, each with three labels. The configuration tells the sound's times and not the picture's.
    expect(report.match(/<div class="contributions">/g)).toHaveLength(12);
    expect(report.match(/<path class="sum"/g)).toHaveLength(36);
    expect(report).toMatch(
      /Audio: \d+ rows? of features in [\d.]+ s, most attention \([\d.]+ %\) from [\d.]+ s to [\d.]+ s\./,
    );
    expect(report).toMatch(/Image: \d+ rows? of features, most attention \([\d.]+ %\) on row \d+\./);
    expect(report).toContain("tuned on the other half of the videos");
  });

  test("does the same again with the same seed, and something else with another", async () => {
    await folder.run(...train("again", "--epochs", "2"));
    expect(metricsIn(folder, "again")).toEqual(metricsIn(folder, "runs/第一 run"));
    folder.edit("conf.txt", "[TRAIN]", "[TRAIN]\nseed = 1");
    await folder.run(...train("other", "--epochs", "1"));
    expect(metricsIn(folder, "other")[0]?.loss).not.toBe(metricsIn(folder, "again")[0]?.loss);
    folder.edit("conf.txt", "seed = 1\n", "");
  });

  test("goes on from a checkpoint: the original's, or one of ours", async () => {
    const options = ["--epochs", "1", "--checkpoint"];
    const fromParam = await folder.run(...train("tuned", ...options, "checkpoints_save/param"));
    expect(fromParam.code).toBe(0);
    expect(metricsIn(folder, "tuned")).toHaveLength(1);
    // The golden checkpoint's loss is 9.907 a video: one epoch makes it better, and another one better again.
    const [tuned] = metricsIn(folder, "tuned") as [EpochMetrics];
    expect(tuned.valid.loss).toBeLessThan(9);
    await folder.run(...train("tuned more", ...options, "tuned/last"));
    expect(metricsIn(folder, "tuned more")[0]?.valid.loss).toBeLessThan(tuned.valid.loss);
  });

  test("writes over no run, whatever is left of it", async () => {
    const says = "it holds a run already. Choose another folder, or go on with --resume.";
    const refused = { code: 1, stdout: "", stderr: `again: ${says}\n` };
    const before = folderContent(folder.path);
    expect(await folder.run(...train("again"))).toEqual(refused);
    expect(folderContent(folder.path)).toEqual(before);
  });

  test("ends early when no epoch is better, and says so", async () => {
    const slow = new WorkingFolder();
    slow.edit("conf.txt", "early_stop = 15", "early_stop = 1");
    slow.edit("conf.txt", "learning_rate = 0.0007", "learning_rate = 1e-30");
    const { code, stderr } = await slow.run(...train("run", "--epochs", "9"));
    expect(code).toBe(0);
    expect(metricsIn(slow, "run").map(({ isBest }) => isBest)).toEqual([true, false, false]);
    expect(stderr.split("\n").at(-4)).toBe(
      "No epoch was better (by Hit@1, then mAP, then loss) for more than 1 epochs: training ends here.",
    );
    expect((await evaluate(slow, "run/best")).videos).toBe(23);
  });
});

describe("Ctrl-C during training", () => {
  test("ends it with 130, what the last finished epoch left can be used, and the run goes on", async () => {
    const folder = new WorkingFolder();
    const program = startProgram(folder.path, train("run", "--epochs", "100000"));
    const result = resultOf(program);
    program.stderr.once("data", () => program.kill("SIGINT"));
    const { code, stdout, stderr } = await result;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    const metrics = metricsIn(folder, "run");
    const [, steps] =
      stderr.match(/Kept after (\d+) steps\. To go on: multimodal-video-tag train --resume run\nStopped\.\n$/) ?? [];
    const { hitAtK } = await evaluate(folder, "run/last");
    expect(hitAtK).toEqual(metrics.at(-1)?.valid.hitAtK);
    const epochs = metrics.length + 2;
    const resumed = await folder.run("train", "--resume", "run", "--epochs", String(epochs));
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(new RegExp(`^run: going on in epoch \\d+, after ${steps} steps\\.\nepoch `));
    expect(metricsIn(folder, "run")).toHaveLength(epochs);
    expect(metricsIn(folder, "run").slice(0, metrics.length)).toEqual(metrics);
  });

  test("keeps the step that was under way", async () => {
    await useBackend("cpu");
    const folder = new WorkingFolder();
    folder.makePathsAbsolute();
    const terminal = recordedTerminal();
    const stopped = AbortSignal.abort(new Interruption("SIGINT"));
    const options = { config: folder.at("conf.txt"), output: folder.at("run") };
    await expect(trainRun(options, terminal, stopped)).rejects.toThrow(Interruption);
    const resume = commandLine("train", "--resume", folder.at("run"));
    expect(terminal.said).toEqual([`Kept after 1 steps. To go on: ${resume}`]);
    expect(readdirSync(folder.at("run"))).toEqual(["conf.txt", "run.json", "state"]);
  });
});

describe("training in a poor place", () => {
  const vanishing = ["datasets/feature_files/vid_003.pkl", "datasets/feature_files/vid_004.pkl"] as const;

  test("ends when a feature file vanishes or changes, and goes on to the same result when it is back", async () => {
    const folder = new WorkingFolder();
    expect((await folder.run(...train("unbroken", "--epochs", "4"))).code).toBe(0);
    const [first, second] = vanishing.map((file) => readFileSync(folder.at(file))) as [Buffer, Buffer];
    const program = startProgram(folder.path, train("run", "--epochs", "4"));
    const result = resultOf(program);
    program.stderr.once("data", () => {
      rmSync(folder.at(vanishing[0]));
      folder.write(vanishing[1], second.fill(0, 5, 50));
    });
    const { code, stderr } = await result;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Kept after \d+ steps\. To go on: multimodal-video-tag train --resume run\n.*vid_00[34].*\n$/,
    );
    expect(stderr).toMatch(/It could be read before: the videos of a dataset must not change while it is in use\.\n$/);
    const resume = ["train", "--resume", "run"];
    expect(await folder.run(...resume)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /datasets\/\S+: it, the labels or the sizes of its feature files are not what they were/,
      ),
    });
    folder.write(vanishing[0], first);
    // Of the right size, and damaged: only the reading can tell.
    expect(await folder.run(...resume)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/vid_004.* It could be read before/),
    });
    folder.write(vanishing[1], readFileSync(goldenPath(`end-to-end/${vanishing[1]}`)));
    expect((await folder.run(...resume)).code).toBe(0);
    expect(runContent(folder.at("run"))).toEqual(runContent(folder.at("unbroken")));
  });

  test("leaves out what was never there, and still does when it goes on and the file is there", async () => {
    const folder = new WorkingFolder();
    folder.write(vanishing[1], "no pickle");
    expect((await folder.run(...train("run", "--epochs", "1"))).stderr).toMatch(/vid_004\.mp4: .*vid_004\.pkl/);
    const { leftOut } = JSON.parse(folder.read("run/state/checkpoint.json"));
    const problem = { line: expect.any(Number), problem: expect.stringContaining("vid_004.pkl") };
    expect(leftOut).toEqual({ train: [problem], valid: [problem] });
    const { code, stderr } = await folder.run("train", "--resume", "run", "--epochs", "2");
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/vid_004\.mp4: .*vid_004\.pkl/) });
    expect(metricsIn(folder, "run").map(({ valid }) => valid.videos)).toEqual([22, 22]);
  });

  test("two at once into one folder, and two that go on with one run: one does it, the other names it", {
    tags: ["slow"],
  }, async () => {
    const folder = new WorkingFolder();
    const both = async (words: readonly string[]) => {
      const results = await Promise.all([folder.run(...words), folder.run(...words)]);
      expect(results.map(({ code }) => code).sort()).toEqual([0, 1]);
      const loser = results
        .find(({ code }) => code === 1)
        ?.stderr.trimEnd()
        .split("\n")
        .at(-1);
      expect(loser).toMatch(
        /^run: (process \d+ on \S+, since \S+Z, works in it\. Wait until it has ended, or end it\.|it holds a run already\..*)$/,
      );
    };
    await both(train("run", "--epochs", "6"));
    await folder.run(...train("alone", "--epochs", "6"));
    expect(runContent(folder.at("run"))).toEqual(runContent(folder.at("alone")));
    const results = await Promise.all([1, 2].map(() => folder.run("train", "--resume", "run", "--epochs", "12")));
    await folder.run("train", "--resume", "alone", "--epochs", "12");
    expect(runContent(folder.at("run"))).toEqual(runContent(folder.at("alone")));
    // Whoever comes when the other is done finds the run over.
    for (const { code, stderr } of results) expect(stderr).toMatch(code === 0 ? /^run: / : /works in it/);
  });

  test("says that no lock can be had, and trains", async () => {
    const small = new WorkingFolder();
    small.write("datasets/val.txt", small.read("datasets/val.txt").split("\n").slice(0, 2).join("\n"));
    // The program finds no such package.
    const hook = `export const resolve = (name, context, next) => next(name === "fs-native-extensions" ? "./none" : name, context);`;
    const dataUrl = (program: string) => `data:text/javascript,${encodeURIComponent(program)}`;
    const registering = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(hook))});`;
    vi.stubEnv("NODE_OPTIONS", `--import=${dataUrl(registering)}`);
    try {
      const { code, stderr } = await small.run(...train("run", "--epochs", "1"));
      expect(code).toBe(0);
      expect(stderr.split("\n").filter((line) => line.includes("lock"))).toEqual([
        "Warning: fs-native-extensions cannot be loaded, so the run's folder is not locked. Start no second training in it.",
      ]);
    } finally {
      vi.unstubAllEnvs();
    }
    expect((await small.run(...train("other", "--epochs", "1"))).stderr).not.toContain("lock");
  });

  test("ends when its folder is removed, and does not write it again", async () => {
    const folder = new WorkingFolder();
    const program = startProgram(folder.path, train("run", "--epochs", "100000"));
    const result = resultOf(program);
    program.stderr.once("data", () => renameSync(folder.at("run"), folder.at("moved")));
    const { code, stderr } = await result;
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^run(\/\S+)?: (it was removed, moved or replaced|there is no such)/,
    );
    expect(existsSync(folder.at("run/state"))).toBe(false);
    expect(existsSync(folder.at("run/last"))).toBe(false);
    expect((await folder.run("train", "--resume", "moved", "--epochs", "1")).code).toBe(0);
  });

  test("works with a dataset of one video, and with labels that nobody has", async () => {
    const folder = new WorkingFolder();
    const list = folder.read("conf.txt").match(/url_title_label_file = "(\S+)"/)?.[1] as string;
    const rows = folder.read(list).split("\n");
    folder.write(list, `${rows.find((row) => row.split("\t")[2])}\n`);
    const { code, stderr } = await folder.run(...train("run", "--epochs", "1"));
    expect(code).toBe(0);
    expect(stderr).toMatch(/Warning: \d+ of 12 labels have no training video/);
    expect((await evaluate(folder, "run/best")).videos).toBe(1);
  });

  /** A file system of some hundred kilobytes; only root may make one, and not everywhere. */
  const mountSmall = (place: string): boolean => {
    mkdirSync(place);
    return spawnSync("mount", ["-t", "tmpfs", "-o", "size=2000k", "tmpfs", place]).status === 0;
  };

  test("says that the disk is full, and keeps what was whole", async ({ skip }) => {
    const folder = new WorkingFolder();
    if (!mountSmall(folder.at("small"))) return skip();
    try {
      const { code, stderr } = await folder.run(...train("small/run", "--epochs", "3"));
      expect(code).toBe(1);
      expect(stderr).toMatch(/small\/run\/\S+: the disk is full\.\n$/);
      expect((await evaluate(folder, "small/run/best")).videos).toBe(23);
    } finally {
      spawnSync("umount", [folder.at("small")]);
    }
  });
});
