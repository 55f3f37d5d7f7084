import { describe, expect, test } from "vitest";
import { describeAccuracy, percent } from "../../src/cli/terminal.ts";

describe("text for a terminal", () => {
  test("shows shares in percent", () => {
    expect([0, 1 / 3, 1].map(percent)).toEqual(["0.0 %", "33.3 %", "100.0 %"]);
    const hitAtK = new Map([
      [1, 0.5],
      [20, 1],
    ]);
    expect(describeAccuracy({ hitAtK, meanAveragePrecision: 0.25 })).toBe("Hit@1 50.0 %, Hit@20 100.0 %, mAP 25.0 %");
  });
});
