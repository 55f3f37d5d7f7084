import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  featureFileName,
  type ListRow,
  openListFile,
  readListFile,
  selectRows,
  type TextSource,
} from "../../src/formats/index.ts";
import { bytesOf, goldenBytes, messageOf } from "./golden.ts";

const read = (source: TextSource) => readListFile(source, { file: "list.txt" });

describe("readListFile", () => {
  test("literal fields, missing ones, blank lines, both line ends, a byte order mark", () => {
    const text = '\uFEFFa.mp4\t"NA" \t影视,音乐\r\n\r\n  \t \nb.mp4\nc.mp4\ttitle\nhttp://x/d.mp4\t\t, 音乐,\n';
    expect(read(bytesOf(text))).toEqual([
      { line: 1, fileName: "a.mp4", title: '"NA" ', labels: ["影视", "音乐"] },
      { line: 4, fileName: "b.mp4", title: "", labels: [] },
      { line: 5, fileName: "c.mp4", title: "title", labels: [] },
      { line: 6, fileName: "http://x/d.mp4", title: "", labels: [" 音乐"] },
    ]);
  });

  test("a file of any line ends has the rows that splitting at them gives, numbered by their lines", () => {
    const text = fc.array(fc.constantFrom("a", "b", "\t", "\r", "\n", "\r\n", " "), { maxLength: 20 });
    fc.assert(
      fc.property(text, (parts) => {
        const lines = parts.join("").split(/\r?\n/);
        if (lines.some((line) => line.split("\t").length > 3)) return;
        const expected = lines.flatMap((line, index) => (line.trim() === "" ? [] : [[index + 1, line.split("\t")[0]]]));
        expect(read(parts.join("")).map(({ line, fileName }) => [line, fileName])).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("the fields of a file that a CSV program quoted, as the original reads them", () => {
    const text = 'a.mp4\t"the ""best"" cat"\t"影视,音乐"\n"b.mp4"\tplain\t影视\n';
    expect(read(text)).toEqual([
      { line: 1, fileName: "a.mp4", title: 'the "best" cat', labels: ["影视", "音乐"] },
      { line: 2, fileName: "b.mp4", title: "plain", labels: ["影视"] },
    ]);
    const { isQuoted, rows } = openListFile(`${text}c.mp4\tsize 5" wide\t影视`, { file: "list.txt" });
    expect(isQuoted).toBe(false);
    expect([...rows].map(({ title }) => title)).toEqual(['"the ""best"" cat"', "plain", 'size 5" wide']);
  });

  test("empty fields behind the labels, as spreadsheets write them", () => {
    expect(read("a\tb\tc\t\nd\te\tf\t \t\n").map(({ labels }) => labels)).toEqual([["c"], ["f"]]);
  });

  test("an empty file has no rows", () => {
    expect(read("")).toEqual([]);
  });

  test("the golden list", () => {
    const rows = read(goldenBytes("dataset/list.txt"));
    expect(rows).toHaveLength(43);
    expect(rows[0]).toEqual({ line: 1, fileName: "np1_proto0.mp4", title: "《我的前半生》第3集", labels: ["宠物"] });
    expect(rows[9]).toEqual({ line: 10, fileName: "np1_proto0_nolabel.mp4", title: "没有标签", labels: [] });
    expect(rows[42]).toMatchObject({ line: 43, title: "搞笑视频！#宠物#", labels: ["美食", "未知标签"] });
  });

  test("too many fields and other encodings are errors at their line", () => {
    expect(messageOf(() => read("a\tb\tc\na\tb\tc\td\te\n"))).toBe(
      "list.txt, line 2: expected file name, title and labels, separated by tabs. Got 5 fields.",
    );
    expect(messageOf(() => read(bytesOf("a\n\nb\t", 0xd6, 0xd0, "\nc")))).toBe(
      "list.txt, line 3: expected UTF-8 text. Got bytes that are not valid UTF-8.",
    );
  });
});

describe("selectRows", () => {
  const labels = new Map([
    ["影视", 0],
    ["音乐", 1],
    ["游戏", 2],
  ]);
  const row = (line: number, fileName: string, ...names: string[]): ListRow => ({
    line,
    fileName,
    title: `title ${line}`,
    labels: names,
  });

  test("the first row of a name with a known label wins; others are skipped, each for its reason", () => {
    const rows = [
      row(1, "a"),
      row(2, "a", "未知"),
      row(3, "a", "音乐", "未知", "影视", "音乐"),
      row(4, "a", "游戏"),
      row(5, "x/a", "游戏"),
      row(6, "b"),
      row(7, ".hidden", "游戏"),
    ];
    const expected = {
      accepted: [
        { line: 3, fileName: "a", title: "title 3", classes: [1, 0] },
        { line: 5, fileName: "x/a", title: "title 5", classes: [2] },
      ],
      skipped: [
        { line: 1, fileName: "a", reason: { kind: "no-label" } },
        { line: 2, fileName: "a", reason: { kind: "no-known-label", labels: ["未知"] } },
        { line: 4, fileName: "a", reason: { kind: "repeated", firstLine: 3 } },
        { line: 6, fileName: "b", reason: { kind: "no-label" } },
        { line: 7, fileName: ".hidden", reason: { kind: "unusable-name" } },
      ],
      labels: { written: 5, unknown: [{ label: "未知", lines: [2, 3] }], mended: [] },
    };
    for (const mode of ["train", "valid", "test"] as const)
      expect(selectRows(rows, { mode, labels })).toEqual(expected);
  });

  test("labels do not count for inference", () => {
    const rows = [row(1, "a"), row(2, "a", "音乐"), row(3, "b", "未知"), row(4, "", "音乐")];
    const expected = {
      accepted: [
        { line: 1, fileName: "a", title: "title 1", classes: [] },
        { line: 3, fileName: "b", title: "title 3", classes: [] },
      ],
      skipped: [
        { line: 2, fileName: "a", reason: { kind: "repeated", firstLine: 1 } },
        { line: 4, fileName: "", reason: { kind: "unusable-name" } },
      ],
      labels: { written: 0, unknown: [], mended: [] },
    };
    expect(selectRows(rows, { mode: "infer" })).toEqual(expected);
    expect(selectRows(rows, { mode: "infer", labels })).toEqual(expected);
  });

  test("what the golden list loses", () => {
    const { accepted, skipped } = selectRows(read(goldenBytes("dataset/list.txt")), {
      mode: "valid",
      labels: new Map(["影视", "音乐", "游戏", "美食", "体育", "搞笑", "宠物"].map((label, index) => [label, index])),
    });
    expect(accepted).toHaveLength(40);
    expect(skipped).toEqual([
      { line: 4, fileName: "np1_proto0.mp4", reason: { kind: "repeated", firstLine: 1 } },
      { line: 10, fileName: "np1_proto0_nolabel.mp4", reason: { kind: "no-label" } },
      { line: 13, fileName: "np1_proto1_unknown.mp4", reason: { kind: "no-known-label", labels: ["未知标签"] } },
    ]);
  });
});

test.each([
  ["np1_proto0.mp4", "np1_proto0.pkl"],
  ["http://a.b/c/np1_proto1.mp4", "np1_proto1.pkl"],
  ["https://v.example/vid_000.tar.gz", "vid_000.pkl"],
  ["no_extension", "no_extension.pkl"],
  ["../x", "x.pkl"],
  ["/etc/passwd", "passwd.pkl"],
  ["视频 1.mp4", "视频 1.pkl"],
  ["a/..", undefined],
  ["..", undefined],
  [".hidden.mp4", undefined],
  ["folder/", undefined],
  ["https://a.b/c/x.mp4?signature=Zm9/o.b==&key=1", "x.pkl"],
  ["https://a.b/x.mp4#t=1/2", "x.pkl"],
  ["https://a.b/watch?v=abc", "watch?v=abc.pkl"],
  ["what?/x.mp4", "x.pkl"],
  ["", undefined],
  ["a\0b.mp4", undefined],
  ["a\u001b[31m.mp4", undefined],
  ["..\\..\\secret.mp4", undefined],
  ["\\\\server\\share.mp4", undefined],
])("the feature file of %j is %j", (fileName, expected) => {
  expect(featureFileName(fileName)).toBe(expected);
});
