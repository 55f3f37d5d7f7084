import { FormatError, quote, type ReadOptions } from "./format-error.ts";
import { expectReadOptions } from "./read-options.ts";
import { isQuotedText, quotedRecords } from "./tab-records.ts";
import { linesOf, readText, type TextSource, trimEdges } from "./text.ts";

/**
 * Reads a class file: a label a line, `label` or `label \t index`; without an index it is the line's number, from 0.
 * Space and characters that cannot be seen do not count around labels and indices, nor do blank lines at the end. Fields are
 * literal text, except in a file that a CSV program quoted, as in a list file.
 *
 * @returns the labels in the order of their indices
 * @throws FormatError with the first of the problems that classFileProblems lists
 */
export function readClassFile(source: TextSource, options: ReadOptions): string[] {
  expectReadOptions("readClassFile", options);
  return openClassFile(source, options).labels;
}

/** A class file with what was passed over in reading it. */
export interface ClassFile {
  /** In the order of their indices. */
  readonly labels: string[];
  /** Whether its fields are quoted as CSV programs do, and were read so. */
  readonly isQuoted: boolean;
  /** The lines, from 1, with blanks or characters that cannot be seen around a label or an index, which do not count. */
  readonly trimmedLines: readonly number[];
}

/** The same with what should be known of the file, though it can be read. */
export function openClassFile(source: TextSource, options: ReadOptions): ClassFile {
  expectReadOptions("openClassFile", options);
  const { first, count: _, ...classes } = examine(source, options.file);
  const [problem] = first;
  if (problem !== undefined) throw problem;
  return classes;
}

/** That in sentences. */
export function describeClassFile({ isQuoted, trimmedLines }: Omit<ClassFile, "labels">): string[] {
  const count = trimmedLines.length === 1 ? "1 line has" : `${trimmedLines.length} lines have`;
  const where = `${trimmedLines.length === 1 ? "it is" : "the first is"} line ${trimmedLines[0]}`;
  const trimmed = `${count} blanks or characters that cannot be seen around a label or an index, which do not count: ${where}.`;
  return [
    ...(isQuoted ? ["its fields are quoted as CSV programs do: they are read without the quotation marks."] : []),
    ...(trimmedLines.length > 0 ? [trimmed] : []),
  ];
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

interface Examined extends ClassFile {
  /** The first problems. */
  readonly first: FormatError[];
  /** How many there are. */
  readonly count: number;
}

function examine(source: TextSource, file: string): Examined {
  const lines = withoutBlankEnd(readText(source, file));
  if (lines.trim() === "") throw new FormatError(file, undefined, "expected a label a line. Got an empty file.");
  const last = countOf("\n", lines);
  if (last >= MAX_LINES)
    throw new FormatError(file, undefined, `expected at most ${MAX_LINES} lines. Got ${last + 1}.`);
  const isQuoted = isQuotedLineByLine(lines);
  const trimmedLines: number[] = [];
  const labels: string[] = [];
  const lineOfLabel = new Map<string, number>();
  const lineOfIndex = new Map<number, number>();

  /** Takes a row in, or says what is wrong with it. */
  const add = (row: string, position: number): string | undefined => {
    const written = isQuoted ? quotedFields(row) : row.split("\t");
    const [label = "", indexText, ...more] = withoutEmptyEnds(written).map((field) => trimEdges(field, BLANK));
    if (written.some((field) => field !== trimEdges(field, BLANK))) trimmedLines.push(position + 1);
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
  return { labels, first, count, isQuoted, trimmedLines };
}

/** A text up to the end of its last line that is not blank. */
function withoutBlankEnd(text: string): string {
  const end = text.indexOf("\n", text.trimEnd().length);
  const lines = end === -1 ? text : text.slice(0, end);
  return lines.endsWith("\r") ? lines.slice(0, -1) : lines;
}

/** Whether isQuotedText is true of a text, and no field goes over a line's end: no label does. */
function isQuotedLineByLine(text: string): boolean {
  if (!text.includes('"')) return false;
  for (const line of linesOf(text)) {
    if (line.includes('"') && !isQuotedText(line)) return false;
  }
  return true;
}

function quotedFields(row: string): readonly string[] {
  return [...quotedRecords(row)].flatMap(({ fields }) => fields);
}

function withoutEmptyEnds(fields: readonly string[]): readonly string[] {
  const start = fields.findIndex((field) => field.trim() !== "");
  return start === -1 ? [] : fields.slice(start, fields.findLastIndex((field) => field.trim() !== "") + 1);
}

function countOf(character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++;
  return count;
}
