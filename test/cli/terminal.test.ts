import { describe, expect, test } from "vitest";
import { describeAccuracy, percent, visible } from "../../src/cli/terminal.ts";

describe("text for a terminal", () => {
  test("has no character that a terminal obeys", () => {
    expect(visible("\u001b[2J a\nb\r\t\u0007\u009b31m\u007f")).toBe(
      "\\u{1b}[2J a\\u{a}b\\u{d}\\u{9}\\u{7}\\u{9b}31m\\u{7f}",
    );
  });

  test("keeps every other character", () => {
    expect(visible('《我的》 👩‍👩‍👧 "é" \\n')).toBe('《我的》 👩‍👩‍👧 "é" \\n');
  });

  test("shows shares in percent", () => {
    expect([0, 1 / 3, 1].map(percent)).toEqual(["0.0 %", "33.3 %", "100.0 %"]);
    const hitAtK = new Map([
      [1, 0.5],
      [20, 1],
    ]);
    expect(describeAccuracy({ videos: 2, loss: 1, hitAtK, meanAveragePrecision: 0.25 })).toBe(
      "Hit@1 50.0 %, Hit@20 100.0 %, mAP 25.0 %",
    );
  });
});
