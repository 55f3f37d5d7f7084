import { describe, expect, test } from "vitest";
import type { TextSource } from "../../src/formats/index.ts";
import { readIniConfiguration } from "../../src/paddle/index.ts";
import { bytesOf, messageOf } from "../formats/golden.ts";

const read = (source: TextSource) => readIniConfiguration(source, { file: "conf.txt" });
const message = (source: TextSource) => messageOf(() => read(source));
/** Section, key and value of every entry. */
const valuesOf = (source: TextSource) =>
  [...read(source)].map(([name, { entries }]) => [
    name,
    Object.fromEntries([...entries].map(([key, { value }]) => [key, value])),
  ]);

describe("what ConfigParser reads", () => {
  test("sections, keys in lower case, both delimiters, comments", () => {
    const text = `
# a comment
[MODEL]
; another
Drop_Rate = 0.5
names : ['rgb', 'audio']
  # an indented one
path=./a = b: c
empty =
[TRAIN] and more
epoch = 3  # Python's own comment
`;
    expect(valuesOf(text)).toEqual([
      ["MODEL", { drop_rate: 0.5, names: ["rgb", "audio"], path: "./a = b: c", empty: "" }],
      ["TRAIN", { epoch: 3 }],
    ]);
  });

  test("lines of sections and keys", () => {
    const sections = read("\n[A]\n\na = 1\nb = [\n  2]\n[B]\nc = 3");
    expect([...sections.values()].map(({ line }) => line)).toEqual([2, 7]);
    const lines = [...sections.values()].flatMap(({ entries }) => [...entries.values()].map(({ line }) => line));
    expect(lines).toEqual([4, 5, 8]);
  });

  test("values over several lines, with blank lines and comments in them", () => {
    expect(valuesOf("[A]\na = [1,\n  2,\n\n# no\n  3]\nb = one\n two\n\nc = 1")).toEqual([
      ["A", { a: [1, 2, 3], b: "one\ntwo", c: 1 }],
    ]);
  });

  test("a blank line inside a text stays, those behind it do not", () => {
    expect(valuesOf("[A]\na = one\n\n two\n\n\n[B]")).toEqual([
      ["A", { a: "one\n\ntwo" }],
      ["B", {}],
    ]);
  });

  test("an indented key behind a header continues nothing", () => {
    expect(valuesOf("[A]\na = 1\n[B]\n  c = 3")).toEqual([
      ["A", { a: 1 }],
      ["B", { c: 3 }],
    ]);
  });

  test("an indented key or header continues the value before it", () => {
    expect(valuesOf("[A]\na = 1\n  b = 2\n [B]\nc = 3")).toEqual([["A", { a: "1\nb = 2\n[B]", c: 3 }]]);
  });

  test("keys that are all indented", () => {
    expect(valuesOf("[A]\n  a = 1\n  b = 2\n [B]\n c = 3")).toEqual([
      ["A", { a: 1, b: 2 }],
      ["B", { c: 3 }],
    ]);
  });

  test("%% is a percent sign", () => {
    expect(valuesOf("[A]\na = 5%%\nb = '%%(x)s'")).toEqual([["A", { a: "5%", b: "%(x)s" }]]);
  });

  test("what is no literal is text", () => {
    expect(valuesOf("[A]\na = [1,\nb = 2 * 3\nc = __import__('os').system('true')\nd = /data/x")).toEqual([
      ["A", { a: "[1,", b: "2 * 3", c: "__import__('os').system('true')", d: "/data/x" }],
    ]);
  });

  test("UTF-8 with a byte order mark and the line ends of Windows", () => {
    expect(valuesOf(bytesOf(0xef, 0xbb, 0xbf, "[A]\r\na = '影视'\r\nb = [1,\r\n  2]\r\n"))).toEqual([
      ["A", { a: "影视", b: [1, 2] }],
    ]);
  });

  test("keys that mean something to JavaScript are keys like others", () => {
    expect(read("[__proto__]\n__proto__ = 1\nconstructor = 2").get("__proto__")?.entries.get("__proto__")?.value).toBe(
      1,
    );
  });

  test("an empty file has no sections", () => {
    expect(valuesOf("")).toEqual([]);
  });
});

describe("what ConfigParser refuses", () => {
  test.each([
    ["a = 1", 'line 1: expected a [section] header first. Got "a = 1".'],
    ["[A]\na", 'line 2: expected key = value. Got "a".'],
    ["[A]\n= 1", 'line 2: expected key = value. Got "= 1".'],
    ["[]\n", 'line 1: expected a [section] header first. Got "[]".'],
    ["[A]\n[B]\n[A]", "line 3: section [A] came before, in line 1."],
    ["[A]\na = 1\nb = 2\nA: 3", "line 4: key a came before in section [A], in line 2."],
    ["[A\u001b]\n[A\u001b]", "line 2: section [A\\u001b] came before, in line 1."],
    ["[A]\na = 5%", 'line 2: expected %% for a percent sign. Got "5%".'],
    ["[A]\nb = 1\na = %(b)s", 'line 3: expected %% for a percent sign. Got "%(b)s".'],
  ])("%j", (text, expected) => {
    expect(message(text)).toBe(`conf.txt, ${expected}`);
  });

  test("bytes that are not UTF-8", () => {
    expect(message(bytesOf("[A]\n", 0xff, "\n"))).toBe(
      "conf.txt, line 2: expected UTF-8 text. Got bytes that are not valid UTF-8.",
    );
  });
});
