import { expect, test } from "vitest";
import { describeFindings, describeOtherVideos } from "../../src/data/list-findings.ts";
import { VideoDataset } from "../../src/data/video-dataset.ts";
import { indexLabels } from "../../src/formats/class-file.ts";
import { readListFile, selectRows } from "../../src/formats/list-file.ts";
import { featureBytes, memorySource } from "../support/memory-dataset.ts";

const LABELS = ["cat", "dog", "red,green", "caf\u00e9"];

/** A dataset of a list's text; its feature files are of the videos that `files` names. */
function datasetOf(list: string, files: Readonly<Record<string, string>> = {}): VideoDataset {
  const rows = readListFile(list, { file: "list.txt" });
  const bytes = Object.entries(files).map(([file, name]) => {
    return [file, featureBytes({ name, title: "", labels: [], image: [[1, 2, 3]], audio: [] })] as const;
  });
  return new VideoDataset({
    name: "list.txt",
    ...selectRows(rows, { mode: "train", labels: indexLabels(LABELS) }),
    unusableLabels: ["red,green"],
    isQuoted: true,
    features: memorySource(new Map(bytes)),
  });
}

test("what a list alone shows is told with lines, names and the nearest label", () => {
  const list = "a/x.mp4\t\tcat, dog\nb/x.mp4\t\tcta\ny.1.mp4\t\tcat,cta\ny.2.mp4\t\tdog\nb/x.mp4\t\tdog\n";
  expect(describeFindings(datasetOf(list).findings)).toEqual([
    "its fields are quoted as CSV programs do: they are read without the quotation marks.",
    'the label "red,green" of the class file has a comma, which separates labels in a list: no video can have it.',
    'the label " dog" (line 1) is read as "dog".',
    "2 of 7 labels (28.6 %) are not in the class file, and do not count.",
    'the label "cta" (lines 2, 3) is not in the class file; the nearest is "cat".',
    '2 rows have the same feature file x.pkl: "a/x.mp4", "b/x.mp4" (lines 1, 5).',
    '2 rows have the same feature file y.pkl: "y.1.mp4", "y.2.mp4" (lines 3, 4).',
  ]);
});

test("a label that differs by normalization alone is told so", () => {
  expect(describeFindings(datasetOf("x.mp4\t\tcafe\u0301\n").findings)).toContain(
    'the label "cafe\u0301" (line 1) is read as "caf\u00e9". ' +
      "They look the same: only their Unicode normalization differs (NFC, NFD).",
  );
});

test("of very many the first are told, and how many more there are", () => {
  const list = Array.from({ length: 40 }, (_, row) => `v${row}.mp4\t\tcat,label ${row % 12},same\n`).join("");
  const sentences = describeFindings(datasetOf(list).findings).slice(2);
  expect(sentences.slice(0, 2)).toEqual([
    "80 of 120 labels (66.7 %) are not in the class file, and do not count.",
    'the label "same" (lines 1, 2, 3, 4, 5 and 35 more) is not in the class file.',
  ]);
  expect(sentences.at(-1)).toBe("3 more labels that are not in the class file: inspect --json lists all.");
  expect(sentences).toHaveLength(12);
});

test("a feature file that is of another video is told once it was read, in the order of the list", async () => {
  const list = "u/a.mp4\t\tcat\nb.mp4\t\tcat\nc.mp4\t\tcat\nhttps://h/d.mp4?key=x/y\t\tcat\n";
  const dataset = datasetOf(list, { "a.pkl": "elsewhere/a.avi", "b.pkl": "", "c.pkl": "z.mp4", "d.pkl": "q" });
  expect(describeOtherVideos(dataset.findings)).toEqual([]);
  const read: string[] = [];
  for await (const { fileName } of dataset.samples()) read.push(fileName);
  expect(read).toHaveLength(4);
  expect(describeOtherVideos(dataset.findings)).toEqual([
    'line 3, c.mp4: its feature file says that it is of "z.mp4".',
    'line 4, https://h/d.mp4?key=x/y: its feature file says that it is of "q".',
  ]);
  expect(dataset.only(new Set([3])).findings.otherVideos).toEqual([]);
});

test("a dataset without findings tells nothing", () => {
  const { findings } = new VideoDataset({ name: "x", accepted: [], skipped: [], features: memorySource(new Map()) });
  expect([...describeFindings(findings), ...describeOtherVideos(findings)]).toEqual([]);
});
