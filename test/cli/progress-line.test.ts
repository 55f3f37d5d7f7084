import { describe, expect, test } from "vitest";
import { duration, progressLine } from "../../src/cli/progress-line.ts";

const TRAINING = {
  title: "epoch 12/100",
  done: 6400,
  total: 12800,
  secondsLeft: 200,
  runSecondsLeft: 3900,
  text: "loss 14.123, Hit@1 73.3 %",
};

describe("the line of a progress bar", () => {
  test("has loss, Hit@1, the time left and that of the run in 80 columns", () => {
    const line = progressLine(TRAINING, 80);
    expect(line.length).toBeLessThanOrEqual(80);
    expect(line).toBe("epoch 12/100 6400/12800 | 3m20s left, run 1h05m | loss 14.123, Hit@1 73.3 %");
  });

  test("has a bar as wide as the rest leaves room for", () => {
    const line = progressLine({ ...TRAINING, title: "epoch 1/9", done: 16, total: 64, runSecondsLeft: undefined }, 80);
    expect(line).toBe("epoch 1/9 [=====               ] 16/64 | 3m20s left | loss 14.123, Hit@1 73.3 %");
    expect(progressLine(TRAINING, 200)).toContain(`[${"=".repeat(20)}${" ".repeat(20)}] 6400/12800 |`);
  });

  test("cuts the text alone", () => {
    const line = progressLine({ ...TRAINING, text: "a".repeat(100) }, 60);
    expect(line).toBe(`epoch 12/100 6400/12800 | 3m20s left, run 1h05m | ${"a".repeat(10)}`);
  });

  test("knows no time before something is done", () => {
    const before = { title: "predict", done: 0, total: 3, secondsLeft: undefined, runSecondsLeft: undefined, text: "" };
    expect(progressLine(before, 80)).toBe(`predict [${" ".repeat(40)}] 0/3`);
  });

  test.each([
    [0, "0s"],
    [59.2, "1m00s"],
    [61, "1m01s"],
    [3599, "59m59s"],
    [3600, "1h00m"],
    [7259.5, "2h01m"],
  ])("shows %d seconds as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
