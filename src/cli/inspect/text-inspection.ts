import { classFileProblems, describeClassFile, openClassFile, unusableLabels } from "../../formats/class-file.ts";
import { FormatError, quote } from "../../formats/format-error.ts";
import { featureFileName, type ListRow, openListFile } from "../../formats/list-file.ts";
import { readText } from "../../formats/text.ts";
import { readVocabularyFile } from "../../tagging/vocabulary-file.ts";
import type { Inspection } from "./inspection.ts";

/**
 * A class file has a label a line, or a label and a number: so do most lines of a damaged one. A text of other lines is
 * taken for a list.
 */
export async function inspectText(bytes: Uint8Array, file: string): Promise<Inspection> {
  const text = readText(bytes, file);
  if (isVocabulary(text)) return inspectVocabulary(bytes, file);
  expectTabs(text, file);
  const { isQuoted, rows: lazyRows } = openListFile(bytes, { file });
  const rows = [...lazyRows];
  const plain = rows.filter(({ title, labels }) => labels.length === 0 && /^\s*\d*\s*$/.test(title));
  const named = rows.filter(({ fileName }) => VIDEO.test(fileName));
  const isClassFile = rows.length === 0 || (plain.length > rows.length / 2 && named.length <= rows.length / 2);
  return isClassFile ? inspectClassFile(bytes, file) : inspectListFile(rows, { isQuoted, file });
}

/** What names a video, and no label: an address, or a file. */
const VIDEO = /^[a-z]+:\/\/|\.(mp4|mkv|avi|mov|flv|webm|wmv|m4v|ts|mpe?g|3gp)(\?.*)?$/i;

/** ERNIE's special tokens, each in a line of its own, with or without its number. */
function isVocabulary(text: string): boolean {
  return ["[PAD]", "[CLS]", "[SEP]"].every((token) => new RegExp(`^\\${token}(\\t\\d+)?\\r?$`, "m").test(text));
}

async function inspectVocabulary(bytes: Uint8Array, file: string): Promise<Inspection> {
  const { idLimit } = (await readVocabularyFile(bytes, file)).tokenizer;
  return { kind: "vocabulary", json: { idLimit }, lines: [`tokens with ids below ${idLimit}`], problems: [] };
}

/** @throws FormatError for a table whose fields are parted by commas: neither kind of file is one */
function expectTabs(text: string, file: string): void {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const parted = lines.filter((line) => line.includes(",") && !line.includes("\t"));
  if (parted.length <= lines.length / 2) return;
  const problem = "expected a label a line, or file name, title and labels, separated by tabs. Got commas.";
  throw new FormatError(file, undefined, problem);
}

function inspectClassFile(bytes: Uint8Array, file: string): Inspection {
  const problems = classFileProblems(bytes, { file });
  if (problems.length > 0) return { kind: "class file", json: {}, lines: [], problems };
  const classes = openClassFile(bytes, { file });
  const { labels } = classes;
  const unusable = unusableLabels(labels);
  return {
    kind: "class file",
    json: { ...classes, unusableLabels: unusable },
    lines: [
      `${labels.length} labels: ${labels.join(", ")}`,
      ...describeClassFile(classes),
      ...unusable.map(
        (label) =>
          `warning: the label ${quote(label)} has a comma, which separates labels in a list: no video can have it`,
      ),
    ],
    problems: [],
  };
}

interface ListFacts {
  readonly file: string;
  readonly isQuoted: boolean;
}

function inspectListFile(rows: readonly ListRow[], { isQuoted, file }: ListFacts): Inspection {
  const names = new Set(rows.map(({ fileName }) => fileName));
  const featureFiles = [...names].flatMap((fileName) => featureFileName(fileName) ?? []);
  const videosOfLabel = new Map<string, number>();
  for (const label of rows.flatMap(({ labels }) => [...new Set(labels)])) {
    videosOfLabel.set(label, (videosOfLabel.get(label) ?? 0) + 1);
  }
  const byFrequency = [...videosOfLabel].sort(([, a], [, b]) => b - a);
  const labelled = rows.filter(({ labels }) => labels.length > 0);
  const counts = {
    rows: rows.length,
    repeatedNames: rows.length - names.size,
    unusableNames: rows.filter(({ fileName }) => featureFileName(fileName) === undefined).length,
    sharedFeatureFiles: featureFiles.length - new Set(featureFiles).size,
    withoutTitle: rows.filter(({ title }) => title.trim() === "").length,
    withoutLabel: rows.length - labelled.length,
    labels: videosOfLabel.size,
    labelsAVideo: labelled.reduce((sum, { labels }) => sum + labels.length, 0) / Math.max(1, labelled.length),
  };
  return {
    kind: "list file",
    json: { isQuoted, ...counts, videosOfLabel: Object.fromEntries(byFrequency) },
    lines: [
      `${counts.rows} rows`,
      ...(isQuoted ? ["fields are quoted as CSV programs do: they are read without the quotation marks"] : []),
      `${counts.repeatedNames} with a name that came before`,
      `${counts.unusableNames} with a name that cannot name a feature file`,
      `${counts.sharedFeatureFiles} with other names that have the feature file of one before`,
      `${counts.withoutTitle} without a title`,
      `${counts.withoutLabel} without a label`,
      `${counts.labels} labels, ${counts.labelsAVideo.toFixed(2)} a video`,
      ...byFrequency.map(([label, videos]) => `${label}: ${videos}`),
    ],
    problems:
      counts.unusableNames === counts.rows
        ? [new FormatError(file, undefined, `none of its ${counts.rows} names can name a feature file.`).message]
        : [],
  };
}
