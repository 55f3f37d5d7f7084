import { describe, expect, test } from "vitest";
import { openClassFile } from "../../src/formats/class-file.ts";
import {
  classFileProblems,
  indexLabels,
  readClassFile,
  type TextSource,
  unusableLabels,
} from "../../src/formats/index.ts";
import { bytesOf, goldenBytes, messageOf } from "./golden.ts";

const options = { file: "class.txt" };
const read = (source: TextSource) => readClassFile(source, options);

describe("readClassFile", () => {
  test("the golden files", () => {
    expect(read(goldenBytes("dataset/class.txt"))).toEqual(["影视", "音乐", "游戏", "美食", "体育", "搞笑", "宠物"]);
    expect(read(goldenBytes("dataset/class_indexed.txt"))).toEqual([
      "音乐",
      "影视",
      "游戏",
      "宠物",
      "搞笑",
      "美食",
      "体育",
    ]);
    expect(read(goldenBytes("end-to-end/datasets/class.txt"))).toHaveLength(12);
  });

  test("space around lines, blank lines at the end, both line ends, a byte order mark", () => {
    expect(read(bytesOf("\uFEFF a \r\nb c\n\n \n"))).toEqual(["a", "b c"]);
  });

  test("no blank around a label or its index, nor a character that cannot be seen", () => {
    expect(read("a \t1\n\u00a0b\u200b\t 0 \n")).toEqual(["b", "a"]);
  });

  test("a label with a comma is one that no row of a list can have", () => {
    expect(unusableLabels(read("a\nb,c\nd，e"))).toEqual(["b,c"]);
  });

  test("lines with and without an index", () => {
    expect(read("a\t2\nb\nc\t 0")).toEqual(["c", "b", "a"]);
  });

  test("and classFileProblems finds nothing wrong with them", () => {
    expect(classFileProblems(goldenBytes("dataset/class_indexed.txt"), options)).toEqual([]);
  });
});

test("indexLabels is the inverse of the list", () => {
  expect(indexLabels(["a", "__proto__"])).toEqual(
    new Map([
      ["a", 0],
      ["__proto__", 1],
    ]),
  );
});

describe("a file that a CSV program quoted", () => {
  test.each([
    ['"music"\n"cat"\n', ["music", "cat"]],
    ['"music"\t"1"\r\n"the ""best"" cat"\t0\r\n', ['the "best" cat', "music"]],
  ])("%j is read as meant, and told of", (text, labels) => {
    expect(openClassFile(text, options)).toEqual({ labels, isQuoted: true, trimmedLines: [] });
  });

  test.each([
    ['"music"\nmy "cat"', ['"music"', 'my "cat"']],
    ['"music\ncat"', ['"music', 'cat"']],
  ])("but %j is literal: not every field is quoted well, or a label would go over a line's end", (text, labels) => {
    expect(read(text)).toEqual(labels);
    expect(openClassFile(text, options).isQuoted).toBe(false);
  });
});

describe("what does not count around labels and indices is told of by its lines", () => {
  test.each([
    ["music \t0\nx\t1", [1]],
    ["x\t0\n cat\t1\ny\t 2", [2, 3]],
    ["dog\u00a0\ncow\u200b", [1, 2]],
    ["x\ncat \r\n \n\n", [2]],
    ["music\t0\r\ncat\t\r\n\r\n", []],
  ])("%j", (text, trimmedLines) => {
    expect(openClassFile(text, options).trimmedLines).toEqual(trimmedLines);
  });
});

describe("problems", () => {
  test.each([
    ["", ": expected a label a line. Got an empty file."],
    [" \n\n", ": expected a label a line. Got an empty file."],
    ["a\n\nb", ", line 2: expected a label. Got a blank line."],
    ["a\t0\tx", ", line 1: expected a label, or a label and its index. Got 3 fields."],
    ["a\tx", ', line 1: expected an index from 0 to 0 for "a". Got "x".'],
    ["a\t-1", ', line 1: expected an index from 0 to 0 for "a". Got "-1".'],
    ["a\t0.5", ', line 1: expected an index from 0 to 0 for "a". Got "0.5".'],
    ["a\t0\nb\t2", ', line 2: expected an index from 0 to 1 for "b". Got "2".'],
    ["a\t99999999999999999999", ', line 1: expected an index from 0 to 0 for "a". Got "99999999999999999999".'],
    ["a\nb\na", ', line 3: label "a" came before, in line 1.'],
    ["a\t1\nb\t1", ", line 2: index 1 came before, in line 1."],
    ["a\t1\nb", ", line 2: index 1 came before, in line 1."],
  ])("%j", (text, expected) => {
    expect(messageOf(() => read(text))).toBe(`class.txt${expected}`);
    expect(classFileProblems(text, options)).toEqual([`class.txt${expected}`]);
  });

  test("are all listed, in the order of the lines", () => {
    expect(classFileProblems("a\t9\n\nb\nb\nc\t2", options)).toEqual([
      'class.txt, line 1: expected an index from 0 to 4 for "a". Got "9".',
      "class.txt, line 2: expected a label. Got a blank line.",
      'class.txt, line 4: label "b" came before, in line 3.',
      "class.txt, line 5: index 2 came before, in line 3.",
    ]);
  });

  test("are one sentence when the file is no text", () => {
    expect(classFileProblems(bytesOf("a\n", 0xff), options)).toEqual([
      "class.txt, line 2: expected UTF-8 text. Got bytes that are not valid UTF-8.",
    ]);
  });
});
