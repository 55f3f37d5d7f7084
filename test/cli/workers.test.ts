import { describe, expect, test } from "vitest";
import { resultOf, startProgram } from "../support/program.ts";
import { WorkingFolder } from "../support/working-folder.ts";

describe("--workers", () => {
  test("changes nothing in predictions and measurements", async () => {
    const folder = new WorkingFolder();
    const given = ["--config", "conf.txt", "--checkpoint", "checkpoints_save"];
    const alone = await folder.run("predict", ...given, "--output", "alone.json", "--explain");
    const shared = await folder.run("predict", ...given, "--output", "shared.json", "--explain", "--workers", "2");
    expect([alone.code, shared.code]).toEqual([0, 0]);
    expect(folder.read("shared.json")).toBe(folder.read("alone.json"));
    const measured = await folder.run("evaluate", ...given, "--json");
    expect(await folder.run("evaluate", ...given, "--json", "--workers", "2")).toEqual(measured);
  });

  test("stands in run.json, and cannot be changed afterwards", async () => {
    const folder = new WorkingFolder();
    const begin = ["train", "--config", "conf.txt", "--epochs", "1"];
    expect((await folder.run(...begin, "--output", "run", "--workers", "2")).code).toBe(0);
    expect(JSON.parse(folder.read("run/run.json"))).toMatchObject({ options: { epochs: 1, workers: 2 } });
    const resumed = await folder.run("train", "--resume", "run", "--workers", "3");
    expect(resumed.code).toBe(2);
    folder.edit("run/run.json", '"workers": 2', '"workers": 1000000');
    expect(await folder.run("train", "--resume", "run")).toMatchObject({
      code: 1,
      stderr: "run/run.json, options: workers must be a whole number from 1 to 64. Got 1000000.\n",
    });
  });

  test("ends with Ctrl-C, threads and all", async () => {
    const folder = new WorkingFolder();
    const words = ["train", "--config", "conf.txt", "--output", "run", "--epochs", "100000", "--workers", "2"];
    const program = startProgram(folder.path, words);
    const result = resultOf(program);
    program.stderr.once("data", () => program.kill("SIGINT"));
    const { code, stdout, stderr } = await result;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/Kept after \d+ steps\. To go on: multimodal-video-tag train --resume run\nStopped\.\n$/);
  });
});
