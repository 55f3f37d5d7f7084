import { FormatError, quote } from "./format-error.ts";

const DEEPEST_NESTING = 100;
/** A pair of brackets takes two bytes in a file and some hundred in memory. */
const MOST_BRACKETS = 2 ** 20;

/** A position in a text that is being parsed, with errors that name its line and column. */
export class TextCursor {
  readonly text: string;
  readonly file: string;
  position = 0;
  /** Open brackets around the position. */
  depth = 0;
  #brackets = 0;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  /** The character at the position; "" at the end. */
  get character(): string {
    return this.text.charAt(this.position);
  }

  /** Moves over what a sticky pattern matches at the position and returns it. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    this.position += found?.length ?? 0;
    return found;
  }

  /** Reads what stands between the bracket at the position and its partner, which `read` leaves to be moved over. */
  bracketed<Value>(read: () => Value): Value {
    if (this.depth === DEEPEST_NESTING) throw this.error(`nested deeper than ${DEEPEST_NESTING} levels.`);
    if (++this.#brackets > MOST_BRACKETS) throw this.error(`expected at most ${MOST_BRACKETS} brackets. Got more.`);
    this.position++;
    this.depth++;
    const value = read();
    this.depth--;
    this.position++;
    return value;
  }

  unexpected(expected: string): FormatError {
    const rest = this.text.slice(this.position, this.position + 20);
    return this.error(`expected ${expected}. Got ${rest === "" ? "the end" : quote(rest)}.`);
  }

  error(problem: string, position: number = this.position): FormatError {
    let line = 1;
    let start = 0;
    for (let end = this.text.indexOf("\n"); end !== -1 && end < position; end = this.text.indexOf("\n", start)) {
      line++;
      start = end + 1;
    }
    return new FormatError(this.file, `line ${line}, column ${position - start + 1}`, problem);
  }
}
