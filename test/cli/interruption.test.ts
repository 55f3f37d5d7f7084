import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Interruption, interruptible } from "../../src/cli/interruption.ts";
import { PROGRAM, resultOf, startProgram } from "../support/program.ts";
import { WorkingFolder } from "../support/working-folder.ts";

const TRAIN = ["train", "--config", "conf.txt", "--output", "run", "--epochs", "100000"];

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s", (signal, code) => {
  test(`ends a training with ${code}, and its state is kept`, async () => {
    const folder = new WorkingFolder();
    const program = startProgram(folder.path, TRAIN);
    const result = resultOf(program);
    program.stderr.once("data", () => program.kill(signal));
    const { stderr, ...ended } = await result;
    expect(ended).toEqual({ code, stdout: "" });
    expect(stderr).toMatch(/Kept after \d+ steps\. To go on: multimodal-video-tag train --resume run\nStopped\.\n$/);
    expect(existsSync(folder.at("run/state/checkpoint.json"))).toBe(true);
  });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;

test.runIf(hasScript)(
  "the cursor is shown again when the terminal asks the program to end (needs script)",
  async () => {
    const folder = new WorkingFolder();
    const command = [process.execPath, PROGRAM, ...TRAIN].map((word) => `'${word}'`).join(" ");
    // The shell that script starts is replaced by the program, which says its number first.
    const terminal = spawn("script", ["-qefc", `echo number $$; exec ${command}`, "/dev/null"], {
      cwd: folder.path,
      stdio: ["pipe", "pipe", "ignore"],
    });
    let said = "";
    let isAsked = false;
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (isAsked || !said.includes("epoch 2/")) return;
      isAsked = true;
      process.kill(Number(said.match(/number (\d+)/)?.[1]), "SIGHUP");
    });
    await new Promise((resolve) => terminal.on("close", resolve));
    expect(said.lastIndexOf("\u001b[?25h")).toBeGreaterThan(said.lastIndexOf("\u001b[?25l"));
    expect(said).toContain("To go on: multimodal-video-tag train --resume run");
  },
);

test("after the first signal, all of them do what they do to any program: a second one ends it at once", async () => {
  const listeners = () => ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => process.listenerCount(signal));
  const before = listeners();
  await interruptible(async (signal) => {
    expect(listeners()).toEqual(before.map((count) => count + 1));
    process.emit("SIGTERM", "SIGTERM");
    expect(signal.reason).toBeInstanceOf(Interruption);
    expect(listeners()).toEqual(before);
  });
});

test("a link to a device and a pipe among the features are left out by name, and nothing waits for them", async () => {
  const folder = new WorkingFolder();
  symlinkSync("/dev/zero", folder.at("datasets/feature_files/zero.pkl"));
  execFileSync("mkfifo", [folder.at("datasets/feature_files/pipe.pkl")]);
  folder.write("datasets/val.txt", "zero.mp4\nvid_002\tNBA\npipe.mp4\n");
  const words = ["--config", "conf.txt", "--checkpoint", "checkpoints_save/param", "--output", "out.json"];
  const { code, stderr } = await folder.run("predict", ...words);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr:
      "./datasets/val.txt, line 1, zero.mp4: datasets/feature_files/zero.pkl: expected a file. Got a device.\n" +
      "./datasets/val.txt, line 3, pipe.mp4: datasets/feature_files/pipe.pkl: expected a file. Got a pipe.\n" +
      "./datasets/val.txt: 2 of its rows were left out.\n" +
      "out.json: 1 videos.\n",
  });
});
