import { FormatError, type ReadOptions } from "./format-error.ts";
import { type LabelFindings, LabelReader } from "./label-reader.ts";
import { expectReadOptions } from "./read-options.ts";
import { isQuotedText, literalRecords, quotedRecords, type TabRecord } from "./tab-records.ts";
import { readText, type TextSource } from "./text.ts";

/** One video of a list file. */
export interface ListRow {
  /** From 1. */
  readonly line: number;
  /** As it stands in the file: a name, a path or a URL. */
  readonly fileName: string;
  readonly title: string;
  readonly labels: readonly string[];
}

/** A list file whose rows are read as they are asked for: it may be longer than what is to be kept of it. */
export interface ListFile {
  /** Whether its fields are quoted as CSV programs do. */
  readonly isQuoted: boolean;
  readonly rows: Iterable<ListRow>;
}

/**
 * Reads a list file: one video per line, `file name \t title \t label,label,...`, UTF-8 without a header. Title and labels
 * may be missing; blank lines are passed over, and so are empty fields at the end of a line.
 *
 * Fields are literal text, except in a file that a CSV program quoted (see isQuotedText): there `"the ""best"" cat"` is
 * `the "best" cat`, as the original reads it.
 *
 * @throws FormatError for a line with more than three fields or that is not UTF-8
 */
export function readListFile(source: TextSource, options: ReadOptions): ListRow[] {
  expectReadOptions("readListFile", options);
  return [...openListFile(source, options).rows];
}

/** The same row by row. */
export function openListFile(source: TextSource, options: ReadOptions): ListFile {
  const { file } = expectReadOptions("openListFile", options);
  const text = readText(source, file);
  const isQuoted = isQuotedText(text);
  return { isQuoted, rows: listRows(isQuoted ? quotedRecords(text) : literalRecords(text), file) };
}

function* listRows(records: Iterable<TabRecord>, file: string): Generator<ListRow> {
  for (const { line, fields } of records) {
    if (fields.every((field) => field.trim() === "")) continue;
    const [fileName = "", title = "", labels = "", ...more] = fields;
    if (more.some((field) => field.trim() !== "")) {
      const problem = `expected file name, title and labels, separated by tabs. Got ${fields.length} fields.`;
      throw new FormatError(file, `line ${line}`, problem);
    }
    yield { line, fileName, title, labels: labels.split(",").filter((label) => label.trim() !== "") };
  }
}

/** A row that takes part. */
export interface SelectedRow {
  readonly line: number;
  readonly fileName: string;
  readonly title: string;
  /** Class indices of the known labels, each once, in the order of the row; none for inference. */
  readonly classes: readonly number[];
}

export type SkipReason =
  | { readonly kind: "unusable-name" }
  | { readonly kind: "repeated"; readonly firstLine: number }
  | { readonly kind: "no-label" }
  | { readonly kind: "no-known-label"; readonly labels: readonly string[] };

/** A row that takes no part, and why. */
export interface SkippedRow {
  readonly line: number;
  readonly fileName: string;
  readonly reason: SkipReason;
}

/** Labels count for training and evaluation, not for inference. `labels` is the class index of every label. */
export type Selection =
  | { readonly mode: "train" | "valid" | "test"; readonly labels: ReadonlyMap<string, number> }
  | { readonly mode: "infer"; readonly labels?: ReadonlyMap<string, number> };

/**
 * Selects rows by the reference's rules: the first row of a file name that has a known label wins (for inference the
 * first row), and a row that was skipped does not count as its first. Labels are read as LabelReader does; what it found
 * is that of all rows but those that were skipped for their names.
 */
export function selectRows(
  rows: Iterable<ListRow>,
  selection: Selection,
): { accepted: SelectedRow[]; skipped: SkippedRow[]; labels: LabelFindings } {
  const accepted = new Map<string, SelectedRow>();
  const reader = new LabelReader(selection.labels ?? new Map());
  const skipped: SkippedRow[] = [];
  for (const row of rows) {
    const { line, fileName, title } = row;
    const earlier = accepted.get(fileName);
    const skip = (reason: SkipReason) => skipped.push({ line, fileName, reason });
    if (featureFileName(fileName) === undefined) skip({ kind: "unusable-name" });
    else if (earlier !== undefined) skip({ kind: "repeated", firstLine: earlier.line });
    else if (selection.mode === "infer") accepted.set(fileName, { line, fileName, title, classes: [] });
    else if (row.labels.length === 0) skip({ kind: "no-label" });
    else {
      const classes = reader.read(line, row.labels);
      if (classes.length === 0) skip({ kind: "no-known-label", labels: row.labels });
      else accepted.set(fileName, { line, fileName, title, classes });
    }
  }
  return { accepted: [...accepted.values()], skipped, labels: reader.findings() };
}

const ADDRESS_WITH_SLASH_IN_QUERY = /^([a-z][a-z\d+.-]*:\/\/[^?#]*)[?#].*\/.*$/isu;

/**
 * The name of a video's feature file: the last part of its path, up to the first dot, with ".pkl". It has no directory
 * in it and cannot leave the folder that it is looked up in. A slash in the query of an address, as signatures have, parts
 * nothing.
 *
 * @returns undefined when nothing is left before the dot, or when the name has a control character or a backslash
 *   (which parts directories on Windows)
 */
export function featureFileName(fileName: string): string | undefined {
  const path = fileName.replace(ADDRESS_WITH_SLASH_IN_QUERY, "$1");
  const [name = ""] = path.slice(path.lastIndexOf("/") + 1).split(".", 1);
  return name === "" || /[\p{Cc}\\]/u.test(name) ? undefined : `${name}.pkl`;
}
