import { expect, test } from "vitest";
import { attentionSpans } from "../../src/tagging/attention-spans.ts";

test("each row lasts from its start to the next one's, or as long as a window", () => {
  const weights = Float32Array.of(0.5, 0.125, 0.375);
  expect(attentionSpans(weights, { hopSeconds: 0.25 })).toEqual([
    { start: 0, end: 0.25, weight: 0.5 },
    { start: 0.25, end: 0.5, weight: 0.125 },
    { start: 0.5, end: 0.75, weight: 0.375 },
  ]);
  expect(attentionSpans(weights.subarray(1), { hopSeconds: 2, windowSeconds: 5 })).toEqual([
    { start: 0, end: 5, weight: 0.125 },
    { start: 2, end: 7, weight: 0.375 },
  ]);
  expect(attentionSpans([], { hopSeconds: 1 })).toEqual([]);
});

test("neighbours meet to the last bit: no gap and no overlap by rounding", () => {
  const spans = attentionSpans(new Float32Array(1000), { hopSeconds: 0.96 });
  expect(spans.slice(1).map(({ start }) => start)).toEqual(spans.slice(0, -1).map(({ end }) => end));
});

test.each([
  [{ hopSeconds: 0 }, "attentionSpans: hopSeconds must be a finite number above 0. Got 0."],
  [{ hopSeconds: Number.NaN }, "attentionSpans: hopSeconds must be a finite number above 0. Got NaN."],
  [{ hopSeconds: 1, windowSeconds: -1 }, "attentionSpans: windowSeconds must be a finite number above 0. Got -1."],
  [
    { hopSeconds: 1, windowSeconds: Number.POSITIVE_INFINITY },
    "attentionSpans: windowSeconds must be a finite number above 0. Got Infinity.",
  ],
])("refuses %j", (timing, message) => {
  expect(() => attentionSpans([1], timing)).toThrow(new RangeError(message));
});
