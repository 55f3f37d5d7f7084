import { expect, test } from "vitest";
import { epochFigures, isBetterEpoch } from "../../src/training/epoch-comparison.ts";

const figures = (hitAt1: number, meanAveragePrecision: number, loss: number) => ({
  hitAt1,
  meanAveragePrecision,
  loss,
});

test.each([
  ["a higher Hit@1, whatever the rest", figures(0.6, 0.1, 9), figures(0.5, 0.9, 1), true],
  ["a lower Hit@1, whatever the rest", figures(0.5, 0.9, 1), figures(0.6, 0.1, 9), false],
  ["equal Hit@1 and a higher mAP", figures(0.5, 0.8, 9), figures(0.5, 0.7, 1), true],
  ["equal Hit@1 and a lower mAP", figures(0.5, 0.7, 1), figures(0.5, 0.8, 9), false],
  ["equal Hit@1 and mAP, a lower loss", figures(1, 1, 1.97), figures(1, 1, 4.03), true],
  ["equal Hit@1 and mAP, a higher loss", figures(1, 1, 4.03), figures(1, 1, 1.97), false],
  ["all equal", figures(1, 1, 1.97), figures(1, 1, 1.97), false],
])("is an epoch better? %s", (_, now, before, expected) => {
  expect(isBetterEpoch(now, before)).toBe(expected);
});

test("an evaluation without true labels has no mAP, and can be compared all the same", () => {
  const evaluation = { videos: 2, hitAtK: new Map([[1, 0]]), meanAveragePrecision: Number.NaN, loss: 3 };
  expect(epochFigures(evaluation)).toEqual(figures(0, 0, 3));
  expect(isBetterEpoch(epochFigures({ ...evaluation, loss: 2 }), epochFigures(evaluation))).toBe(true);
});
