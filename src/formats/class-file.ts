import { FormatError, quote, type ReadOptions } from "./format-error.ts";
import { expectReadOptions } from "./read-options.ts";
import { linesOf, readText, type TextSource, trimEdges } from "./text.ts";

/**
 * Reads a class file: a label a line, `label` or `label \t index`; without an index it is the line's number, from 0.
 * Space and characters that cannot be seen do not count around labels and indices, nor do blank lines at the end.
 *
 * @returns the labels in the order of their indices
 * @throws FormatError with the first of the problems that classFileProblems lists
 */
export function readClassFile(source: TextSource, options: ReadOptions): string[] {
  expectReadOptions("readClassFile", options);
  const { labels, first } = examine(source, options.file);
  const [problem] = first;
  if (problem !== undefined) throw problem;
  return labels;
}

/**
 * A sentence for everything that is wrong with a class file: no labels at all, a blank line between others, a label or
 * an index that comes twice, an index that is no whole number or that leaves others out, more than two fields in a line.
 * Of very many problems the first are listed, and the others counted.
 */
export function classFileProblems(source: TextSource, options: ReadOptions): string[] {
  expectReadOptions("classFileProblems", options);
  try {
    const { first, count } = examine(source, options.file);
    const more = count - first.length;
    const sentences = first.map(({ message }) => message);
    return more === 0 ? sentences : [...sentences, `${options.file}: ${more} more lines are wrong.`];
  } catch (error) {
    if (error instanceof FormatError) return [error.message];
    throw error;
  }
}

/** Space, and characters that cannot be seen. */
const BLANK = /[\s\p{Cf}]/u;

/** The labels that no row of a list can have: a comma separates labels there. */
export function unusableLabels(labels: readonly string[]): string[] {
  return labels.filter((label) => label.includes(","));
}

/** The class index of every label. */
export function indexLabels(labels: readonly string[]): Map<string, number> {
  return new Map(labels.map((label, index) => [label, index]));
}

/** Problems that are kept as errors: one for every line of a large file of another kind would need much memory. */
const MAX_PROBLEMS = 1000;
/** More classes than any tagger has; a file of more lines is of another kind. */
const MAX_LINES = 2 ** 20;

interface Examined {
  readonly labels: string[];
  /** The first problems. */
  readonly first: FormatError[];
  /** How many there are. */
  readonly count: number;
}

function examine(source: TextSource, file: string): Examined {
  const lines = readText(source, file).trimEnd();
  if (lines === "") throw new FormatError(file, undefined, "expected a label a line. Got an empty file.");
  const last = countOf("\n", lines);
  if (last >= MAX_LINES)
    throw new FormatError(file, undefined, `expected at most ${MAX_LINES} lines. Got ${last + 1}.`);
  const labels: string[] = [];
  const lineOfLabel = new Map<string, number>();
  const lineOfIndex = new Map<number, number>();

  /** Takes a row in, or says what is wrong with it. */
  const add = (row: string, position: number): string | undefined => {
    const [label = "", indexText, ...more] = row
      .trim()
      .split("\t")
      .map((field) => trimEdges(field, BLANK));
    if (label === "") return "expected a label. Got a blank line.";
    if (more.length > 0) return `expected a label, or a label and its index. Got ${more.length + 2} fields.`;
    const index = indexText === undefined ? position : Number(/^(\d+)$/.exec(indexText)?.[1]);
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
  const first: FormatError[] = [];
  let count = 0;
  let position = 0;
  for (const row of linesOf(lines)) {
    const problem = add(row, position++);
    if (problem === undefined) continue;
    count++;
    if (count <= MAX_PROBLEMS) first.push(new FormatError(file, `line ${position}`, problem));
  }
  return { labels, first, count };
}

function countOf(character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++;
  return count;
}
