import { expect, test } from "vitest";
import { classesSection } from "../../src/report/classes-section.ts";
import type { ClassFigures } from "../../src/report/report-figures.ts";

const label = (index: number, support: number): ClassFigures => ({
  label: `label ${index}`,
  support,
  predicted: 4,
  correct: 1,
  averagePrecision: support === 0 ? Number.NaN : 0.123456,
  precision: 0.25,
  recall: 0.5,
  f1: 0.75,
  threshold: 0.375,
});
/** What stands in the cells of each row. */
const rowsOf = (markup: string) =>
  [...markup.matchAll(/<tr>(<td.*?)<\/tr>/g)].map(([, row = ""]) =>
    [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = ""]) => cell.replace(/<[^>]*>/g, "")),
  );

test("a label is a row in class order; what is no number is a dash, sorted by nothing", () => {
  const { markup } = classesSection([label(0, 0), label(1, 12)], false);
  expect(rowsOf(markup)).toEqual([
    ["label 0", "0", "–", "0.250", "0.500", "0.750", "0.375"],
    ["label 1", "12", "0.123", "0.250", "0.500", "0.750", "0.375"],
  ]);
  expect(markup).not.toContain("the other half");
  expect(markup).toContain('data-value="">–');
  expect(markup).toContain('data-value="0.123456">0.123');
});

test("of very many labels those with the most support are listed", () => {
  const { markup } = classesSection(
    Array.from({ length: 402 }, (_, index) => label(index, index)),
    true,
  );
  const rows = rowsOf(markup);
  expect(markup).toContain("tuned on the other half of the videos");
  expect(rows).toHaveLength(400);
  expect(rows[0]?.[0]).toBe("label 401");
  expect(rows.at(-1)?.[0]).toBe("label 2");
  expect(markup).toContain("Left out: the 2 labels with the least support.");
});
