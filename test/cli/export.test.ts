import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { VideoSample } from "../../src/data/video-dataset.ts";
import type { ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import { loadTagger, saveTagger } from "../../src/node/tagger-folder.ts";
import { exportEncoder } from "../../src/onnx/encoder-file.ts";
import { exportTagger } from "../../src/onnx/tagger-file.ts";
import { PaddleProject } from "../../src/project/paddle-project.ts";
import { describeOnBackends } from "../support/backends.ts";
import { folderContent } from "../support/folder-content.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { bytesOf, OnnxSession } from "../support/onnx-session.ts";
import { onnxVideos } from "../support/onnx-videos.ts";
import { runProgram } from "../support/program.ts";
import { smallConfig } from "../support/small-tagger.ts";
import { smallVideoTagger } from "../support/small-video-tagger.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectClose } from "../support/tensors.ts";
import { WorkingFolder } from "../support/working-folder.ts";

const PADDLE = ["checkpoints_save", "--config", "conf.txt"];

describeOnBackends("export", () => {
  test("turns the original's checkpoint into a model that gives its probabilities in onnxruntime", async () => {
    const folder = new WorkingFolder();
    const { code, stdout, stderr } = await folder.run("export", ...PADDLE, "--onnx", "model.onnx");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const file = readFileSync(folder.at("model.onnx"));
    expect(stderr).toBe(`model.onnx: ${(file.length / 1e6).toFixed(1)} MB.\n`);

    folder.makePathsAbsolute();
    const project = await PaddleProject.open(folder.at("conf.txt"));
    const tagger = await project.loadTagger(folder.at("checkpoints_save"));
    const probabilities: Record<string, number[]> = JSON.parse(
      readFileSync(goldenPath("end-to-end/expected/probabilities.json"), "utf8"),
    );
    const samples: VideoSample[] = [];
    const dataset = await project.openDataset("infer");
    for await (const batch of dataset.batches(8, tagger.sampleOptions)) samples.push(...batch);
    expect(samples.map(({ video }) => video)).toEqual(Object.keys(probabilities));
    const session = await OnnxSession.open(new Uint8Array(file));
    const { scores } = await session.run(onnxVideos(tagger, samples));
    expectClose(scores?.data ?? [], Object.values(probabilities).flat(), 1e-5, "scores");
    await session.release();
    tagger.dispose();
  });

  test("writes what the library writes, of a folder of ours, and of its encoder alone", async () => {
    const folder = temporaryFolder();
    await saveTagger(await smallVideoTagger(4), `${folder}/tagger`);
    const tagger = await loadTagger(`${folder}/tagger`);
    const whole = await bytesOf(exportTagger(tagger));
    const encoder = await bytesOf(exportEncoder(tagger.model.tower("text").encoder as ErnieEncoder));
    tagger.dispose();
    for (const [words, expected] of [
      [[], whole],
      [["--encoder-only"], encoder],
    ] as const) {
      const result = await runProgram(folder, "export", "tagger", "--onnx", "model.onnx", ...words);
      expect(result).toEqual({ code: 0, stdout: "", stderr: "model.onnx: 0.0 MB.\n" });
      expect(readFileSync(`${folder}/model.onnx`).equals(expected)).toBe(true);
    }
  });

  test("says what it lacks, and leaves what was there", async () => {
    const folder = new WorkingFolder();
    const withoutText = smallConfig({ text: undefined, isTextGuided: false });
    const tagger = await smallVideoTagger(4, withoutText);
    await saveTagger(tagger, folder.at("silent"));
    tagger.dispose();
    folder.write("model.onnx", "before");
    const before = folderContent(folder.path);
    const none = "there is no such file or folder.";
    for (const [words, code, stderr] of [
      [
        ["checkpoints_save"],
        2,
        "error: a checkpoint of Paddle's needs option '--config <file>'. Add --help for what can be said.",
      ],
      [["silent", "--encoder-only"], 1, "silent: this tagger has no titles, and so no encoder."],
      [["nowhere"], 1, `nowhere: ${none}`],
      [["nowhere", "--config", "conf.txt"], 1, `nowhere: ${none}`],
    ] as const) {
      const result = await folder.run("export", ...words, "--onnx", "model.onnx");
      expect(result).toEqual({ code, stdout: "", stderr: `${stderr}\n` });
    }
    for (const [file, problem] of [
      ["datasets", "datasets: expected a file. Got a folder."],
      ["no/model.onnx", `no: ${none}`],
    ] as const) {
      expect(await folder.run("export", "silent", "--onnx", file)).toEqual({
        code: 1,
        stdout: "",
        stderr: `${problem}\n`,
      });
    }
    expect(folderContent(folder.path)).toEqual(before);
  });
}, ["wasm"]);
