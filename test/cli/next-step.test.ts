import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandLine } from "../../src/cli/next-step.ts";

test("plain words stand as they are", () => {
  expect(commandLine("predict", "--config", "runs/第一/conf.txt")).toBe(
    "multimodal-video-tag predict --config runs/第一/conf.txt",
  );
});

test.runIf(process.platform !== "win32")("a shell takes every other word as one", () => {
  const words = ["my run", "tag's", "a$HOME`b`", 'say "x"', "a;b", "*", ""];
  const typed = commandLine(...words).replace(/^\S+/, "printf '<%s>'");
  expect(execFileSync("sh", ["-c", typed], { encoding: "utf8" })).toBe(words.map((word) => `<${word}>`).join(""));
});
