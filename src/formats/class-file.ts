import { FormatError, quote, type ReadOptions } from "./format-error.ts";
import { readText, splitLines, type TextSource } from "./text.ts";

/**
 * Reads a class file: a label a line, `label` or `label \t index`; without an index it is the line's number, from 0.
 * Space around a line and blank lines at the end do not count.
 *
 * @returns the labels in the order of their indices
 * @throws FormatError with the first of the problems that classFileProblems lists
 */
export function readClassFile(source: TextSource, options: ReadOptions): string[] {
  const { labels, problems } = examine(source, options.file);
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  return labels;
}

/**
 * A sentence for everything that is wrong with a class file: no labels at all, a blank line between others, a label or
 * an index that comes twice, an index that is no whole number or that leaves others out, more than two fields in a line.
 */
export function classFileProblems(source: TextSource, options: ReadOptions): string[] {
  try {
    return examine(source, options.file).problems.map(({ message }) => message);
  } catch (error) {
    if (error instanceof FormatError) return [error.message];
    throw error;
  }
}

/** The class index of every label. */
export function indexLabels(labels: readonly string[]): Map<string, number> {
  return new Map(labels.map((label, index) => [label, index]));
}

function examine(source: TextSource, file: string): { labels: string[]; problems: FormatError[] } {
  const lines = readText(source, file).trimEnd();
  if (lines === "") {
    return { labels: [], problems: [new FormatError(file, undefined, "expected a label a line. Got an empty file.")] };
  }
  const rows = splitLines(lines);
  const last = rows.length - 1;
  const labels: string[] = [];
  const lineOfLabel = new Map<string, number>();
  const lineOfIndex = new Map<number, number>();

  /** Takes a row in, or says what is wrong with it. */
  const add = (row: string, position: number): string | undefined => {
    const [label = "", indexText, ...more] = row.trim().split("\t");
    if (label === "") return "expected a label. Got a blank line.";
    if (more.length > 0) return `expected a label, or a label and its index. Got ${more.length + 2} fields.`;
    const index = indexText === undefined ? position : Number(/^ *(\d+)$/.exec(indexText)?.[1]);
    if (!(index <= last)) {
      return `expected an index from 0 to ${last} for ${quote(label)}. Got ${quote(indexText ?? "")}.`;
    }
    const labelLine = lineOfLabel.get(label);
    if (labelLine !== undefined) return `label ${quote(label)} came before, in line ${labelLine}.`;
    const indexLine = lineOfIndex.get(index);
    if (indexLine !== undefined) return `index ${index} came before, in line ${indexLine}.`;
    lineOfLabel.set(label, position + 1);
    lineOfIndex.set(index, position + 1);
    labels[index] = label;
    return undefined;
  };

  // Every row that is taken in has an index of its own: an index can be missing only where there is a problem.
  const problems = rows.flatMap((row, position) => {
    const problem = add(row, position);
    return problem === undefined ? [] : [new FormatError(file, `line ${position + 1}`, problem)];
  });
  return { labels, problems };
}
