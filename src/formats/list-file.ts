import { FormatError, type ReadOptions } from "./format-error.ts";
import { linesOf, readText, type TextSource } from "./text.ts";

/** One video of a list file. */
export interface ListRow {
  /** From 1. */
  readonly line: number;
  /** As it stands in the file: a name, a path or a URL. */
  readonly fileName: string;
  readonly title: string;
  readonly labels: readonly string[];
}

/**
 * Reads a list file: a video a line, `file name \t title \t label,label,...`, UTF-8 without a header. Fields are
 * literal text. Title and labels may be missing; blank lines are passed over.
 *
 * @throws FormatError for a line with more than three fields or that is not UTF-8
 */
export function readListFile(source: TextSource, options: ReadOptions): ListRow[] {
  return [...listRows(source, options)];
}

/** The rows of readListFile one after the other: a list may be longer than what is to be kept of it. */
export function* listRows(source: TextSource, { file }: ReadOptions): Generator<ListRow> {
  let line = 0;
  for (const text of linesOf(readText(source, file))) {
    line++;
    if (text.trim() === "") continue;
    const [fileName = "", title = "", labels = "", ...more] = text.split("\t");
    if (more.length > 0) {
      const problem = `expected file name, title and labels, separated by tabs. Got ${more.length + 3} fields.`;
      throw new FormatError(file, `line ${line}`, problem);
    }
    yield { line, fileName, title, labels: labels.split(",").filter((label) => label !== "") };
  }
}

/** A row that takes part. */
export interface SelectedRow {
  readonly line: number;
  readonly fileName: string;
  readonly title: string;
  /** Class indices of the known labels, each once, in the order of the row; none for inference. */
  readonly classes: readonly number[];
  /** Labels of the row that are in no class and were dropped. */
  readonly unknownLabels: readonly string[];
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
 * first row), and a row that was skipped does not count as its first.
 */
export function selectRows(
  rows: Iterable<ListRow>,
  selection: Selection,
): { accepted: SelectedRow[]; skipped: SkippedRow[] } {
  const accepted = new Map<string, SelectedRow>();
  const skipped: SkippedRow[] = [];
  for (const row of rows) {
    const { line, fileName, title } = row;
    const earlier = accepted.get(fileName);
    const isKnown = (label: string) => selection.labels?.has(label) ?? false;
    const labels = selection.mode === "infer" ? [] : row.labels;
    const known = labels.filter(isKnown);
    const unknownLabels = labels.filter((label) => !isKnown(label));

    let reason: SkipReason | undefined;
    if (featureFileName(fileName) === undefined) reason = { kind: "unusable-name" };
    else if (earlier !== undefined) reason = { kind: "repeated", firstLine: earlier.line };
    else if (selection.mode !== "infer" && labels.length === 0) reason = { kind: "no-label" };
    else if (selection.mode !== "infer" && known.length === 0) reason = { kind: "no-known-label", labels };

    if (reason !== undefined) skipped.push({ line, fileName, reason });
    else {
      const classes = [...new Set(known)].map((label) => selection.labels?.get(label) as number);
      accepted.set(fileName, { line, fileName, title, classes, unknownLabels });
    }
  }
  return { accepted: [...accepted.values()], skipped };
}

/**
 * The name of a video's feature file: the last part of its path, up to the first dot, with ".pkl". It has no directory
 * in it and cannot leave the folder that it is looked up in.
 *
 * @returns undefined when nothing is left before the dot, or when the name has a control character or a backslash
 *   (which parts directories on Windows)
 */
export function featureFileName(fileName: string): string | undefined {
  const [name = ""] = fileName.slice(fileName.lastIndexOf("/") + 1).split(".", 1);
  return name === "" || /[\p{Cc}\\]/u.test(name) ? undefined : `${name}.pkl`;
}
