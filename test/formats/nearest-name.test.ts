import { describe, expect, test } from "vitest";
import { nearestName } from "../../src/formats/nearest-name.ts";

describe("nearestName", () => {
  const known = ["learning_rate", "epoch", "seed", "list", "狗"];

  test.each([
    ["learning_rte", "learning_rate"],
    ["LEARNING_RATE", "learning_rate"],
    ["learn_rate", "learning_rate"],
    ["epcoh", "epoch"],
    ["sed", "seed"],
    ["batch_size", undefined],
    ["", undefined],
    ["猫", undefined],
    ["xx", undefined],
  ])("%j is nearest to %j", (name, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });

  test("of several that are as near, the first", () => {
    expect(nearestName("sest", known)).toBe("seed");
    expect(nearestName("sest", known.toReversed())).toBe("list");
  });

  test("a name far too long to be meant is not compared", () => {
    expect(nearestName("a".repeat(101), ["a".repeat(100)])).toBeUndefined();
    expect(nearestName("a".repeat(100), ["a".repeat(99)])).toBe("a".repeat(99));
  });
});
