import { expect, test } from "vitest";
import { attentionLine, massOnLabels, truthLine } from "../../src/cli/attention-line.ts";

test("draws each weight as a bar, the highest one full", () => {
  expect(attentionLine([0, 1, 2, 3, 4, 5, 6, 7, 8])).toBe("▁▂▃▄▅▆▇██");
  expect(attentionLine(Float32Array.of(0.25))).toBe("█");
  expect(attentionLine([0.5, 0.5])).toBe("██");
});

test("draws a mark for what each row shows", () => {
  expect(truthLine(["noise", "label", "label", "distractor"])).toBe(".LLd");
});

test("adds up the weights on rows of labels", () => {
  const kinds = ["noise", "label", "distractor", "label"] as const;
  expect(massOnLabels([0.1, 0.2, 0.3, 0.4], kinds)).toBeCloseTo(0.6, 12);
  expect(massOnLabels([1], ["noise"])).toBe(0);
});
