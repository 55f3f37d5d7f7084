import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

const whenOver = whenSuiteIsOver();
let folder: WorkingFolder;
beforeAll(async () => {
  folder = new WorkingFolder(whenOver);
  await folder.run(
    "evaluate",
    "--config",
    "conf.txt",
    "--checkpoint",
    "checkpoints_save",
    ...["--save-inference-model", "ours", "--save-only"],
  );
}, 60_000);

describe("a path to a checkpoint", () => {
  const evaluate = (checkpoint: string) => folder.run("evaluate", "--config", "conf.txt", "--checkpoint", checkpoint);

  test("may be a tagger's tagger.json", async () => {
    expect(await evaluate("ours/tagger.json")).toEqual(await evaluate("ours"));
  });

  test("may be a folder of Paddle's save_inference_model", async () => {
    mkdirSync(folder.at("paddle"));
    cpSync(folder.at("checkpoints_save/param"), folder.at("paddle/model.pdiparams"));
    folder.write("paddle/model.pdmodel", "a program");
    expect(await evaluate("paddle")).toEqual(await evaluate("checkpoints_save"));
    expect((await folder.run("inspect", "paddle")).stdout).toMatch(/^checkpoint\n67 tensors/);
  });

  test("to the weights alone is answered with the folder; inspect looks into them", async () => {
    const weights = `ours/${readdirSync(folder.at("ours")).find((name) => name.endsWith(".safetensors"))}`;
    const problem = "expected a checkpoint. Got a tagger's weights alone: give its folder, ours.";
    expect(await evaluate(weights)).toEqual({ code: 1, stdout: "", stderr: `${weights}: ${problem}\n` });
    expect((await folder.run("inspect", weights)).stdout).toMatch(/^checkpoint\n\d+ tensors/);
  });
});

describe("inspect", () => {
  test("calls a list of bare names a list", async () => {
    folder.write("names.txt", "https://v.example/a.mp4\nhttps://v.example/b.mp4\nc.mp4\n");
    const { code, stdout } = await folder.run("inspect", "names.txt");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^list file\n3 rows\n/);
  });

  test("does not pass a list of which no name can be used", async () => {
    folder.write("unusable.txt", ".a\tmy cat\tcat\n.b\tmy dog\tdog\n");
    const stderr = "unusable.txt: none of its 2 names can name a feature file.\n";
    expect(await folder.run("inspect", "unusable.txt")).toMatchObject({ code: 1, stderr });
  });

  test("calls a vocabulary a vocabulary", async () => {
    const vocabulary = "model_pretrained/ernie_v1_params/vocab.txt";
    const stdout = "vocabulary\ntokens with ids below 2873\n";
    expect(await folder.run("inspect", vocabulary)).toEqual({ code: 0, stdout, stderr: "" });
  });
});

test("predict --output - writes to standard output, and no file", async () => {
  const before = readdirSync(folder.path);
  const words = ["predict", "--config", "conf.txt", "--checkpoint", "ours"];
  const { code, stdout, stderr } = await folder.run(...words, "--output", "-");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "standard output: 23 videos.\n" });
  expect(readdirSync(folder.path)).toEqual(before);
  await folder.run(...words, "--output", "out.json");
  expect(JSON.parse(stdout)).toEqual(JSON.parse(folder.read("out.json")));
});
