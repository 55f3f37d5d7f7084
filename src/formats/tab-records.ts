import { linesOf } from "./text.ts";

/** The fields of one row, which tabs separate. */
export interface TabRecord {
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Whether a text is quoted as CSV programs write it: some field has a quotation mark, and each that has one begins and ends
 * with one and doubles those within. A field that goes over a line's end *and* has a tab is none: it would be rows that
 * stand between the literal marks of two titles.
 */
export function isQuotedText(text: string): boolean {
  let opening = text.indexOf('"');
  if (opening === -1) return false;
  for (; opening !== -1; ) {
    if (opening > 0 && !"\t\n".includes(text.charAt(opening - 1))) return false;
    const closing = closingMark(text, opening + 1);
    if (closing === -1 || !isEndOfField(text, closing + 1)) return false;
    const field = text.slice(opening + 1, closing);
    if (field.includes("\n") && field.includes("\t")) return false;
    opening = text.indexOf('"', closing + 1);
  }
  return true;
}

/** The rows of a text whose fields are literal. */
export function* literalRecords(text: string): Generator<TabRecord> {
  let line = 0;
  for (const row of linesOf(text)) yield { line: ++line, fields: row.split("\t") };
}

/** The rows of a text of which isQuotedText is true, without the quotation marks around fields. */
export function* quotedRecords(text: string): Generator<TabRecord> {
  let line = 1;
  for (let position = 0; position <= text.length; ) {
    const [begin, fields]: [number, string[]] = [line, []];
    for (let isRowOver = false; !isRowOver; position++) {
      const isQuoted = text.charAt(position) === '"';
      const start = isQuoted ? position + 1 : position;
      const end = isQuoted ? closingMark(text, start) : endOfField(text, start);
      const field = text.slice(start, end);
      fields.push(isQuoted ? field.replaceAll('""', '"') : field);
      if (isQuoted) line += field.split("\n").length - 1;
      position = isQuoted ? end + 1 : end;
      if (text.startsWith("\r\n", position)) position++;
      isRowOver = text.charAt(position) !== "\t";
    }
    line++;
    yield { line: begin, fields };
  }
}

/** Where the quotation mark stands that ends a field; -1 when there is none. */
function closingMark(text: string, start: number): number {
  let mark = text.indexOf('"', start);
  while (mark !== -1 && text.charAt(mark + 1) === '"') mark = text.indexOf('"', mark + 2);
  return mark;
}

function isEndOfField(text: string, position: number): boolean {
  return position === text.length || /[\t\n]/.test(text.charAt(position)) || text.startsWith("\r\n", position);
}

function endOfField(text: string, start: number): number {
  const field = /[^\t\n]*/y;
  field.lastIndex = start;
  field.test(text);
  const end = field.lastIndex;
  return text.charAt(end) === "\n" && end > start && text.charAt(end - 1) === "\r" ? end - 1 : end;
}
