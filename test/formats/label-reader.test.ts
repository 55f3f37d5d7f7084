import { describe, expect, test } from "vitest";
import { indexLabels, LabelReader } from "../../src/formats/index.ts";

const CLASSES = ["a", "b", "c", "cat food", "é", '"q"', "x，y"];

function read(...labels: readonly string[]) {
  const reader = new LabelReader(indexLabels(CLASSES));
  const classes = reader.read(7, labels).map((index) => CLASSES[index]);
  const { unknown, mended } = reader.findings();
  return { classes, unknown: unknown.map(({ label }) => label), mended: mended.map(({ written }) => written) };
}

describe("a label that the class file writes in another way is read as meant, and told of", () => {
  test.each([
    ["a blank before it", ["a", " b"], ["a", "b"], [" b"]],
    ["a blank after it", ["a "], ["a"], ["a "]],
    ["a no-break blank after it", ["a\u00a0"], ["a"], ["a\u00a0"]],
    ["a blank of no width", ["\u200ba"], ["a"], ["\u200ba"]],
    ["a comma of full width", ["a，b"], ["a", "b"], ["a，b"]],
    ["a list between marks of a spreadsheet", ['"a', "b", 'c"'], ["a", "b", "c"], ['"a', 'c"']],
    ["a list in brackets", ["[a", "b", "c]"], ["a", "b", "c"], ["[a", "c]"]],
    ["a list as Python prints it", ["['a'", " 'b']"], ["a", "b"], ["['a'", " 'b']"]],
    ["another normal form", ["e\u0301"], ["é"], ["e\u0301"]],
  ])("%s", (_, labels, classes, mended) => {
    expect(read(...labels)).toEqual({ classes, unknown: [], mended });
  });
});

test("a label of the class file counts as it stands, and once", () => {
  const labels = ['"q"', "x，y", "cat food", "a", "a"];
  expect(read(...labels)).toEqual({ classes: labels.slice(0, 4), unknown: [], mended: [] });
});

test("any other label is unknown, whole: nothing is guessed", () => {
  const labels = ["A", "cat fod", "a，nothing", "[]", "a b"];
  expect(read("b", ...labels)).toEqual({ classes: ["b"], unknown: labels, mended: [] });
});

test("a label of very many blanks takes no long time", () => {
  const begin = performance.now();
  const label = `a${" ".repeat(2_000_000)}b`;
  expect(read(label).unknown).toEqual([label]);
  expect(performance.now() - begin).toBeLessThan(5000);
});

test("where two classes differ by what surrounds them alone, neither is guessed", () => {
  const reader = new LabelReader(indexLabels(["a", "(a)"]));
  expect([reader.read(1, ["(a)", "a"]), reader.read(2, ["[a]"])]).toEqual([[1, 0], []]);
  expect(reader.findings().unknown).toEqual([{ label: "[a]", lines: [2], nearest: "a" }]);
});

test("findings count each label once a row, with its lines and the nearest label, the most frequent first", () => {
  const reader = new LabelReader(indexLabels(["影视剧", "cat"]));
  reader.read(1, ["cat", "cta", "cta"]);
  reader.read(2, ["cat", "影視剧", "音乐"]);
  reader.read(5, ["Cat", "影視剧", " cat"]);
  expect(reader.findings()).toEqual({
    written: 8,
    unknown: [
      { label: "影視剧", lines: [2, 5], nearest: "影视剧" },
      { label: "cta", lines: [1], nearest: "cat" },
      { label: "音乐", lines: [2] },
      { label: "Cat", lines: [5], nearest: "cat" },
    ],
    mended: [{ written: " cat", labels: ["cat"], lines: [5] }],
  });
});
