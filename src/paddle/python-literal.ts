import type { ReadOptions } from "../formats/format-error.ts";
import { plainInteger } from "../formats/integer.ts";
import { expectReadOptions } from "../formats/read-options.ts";
import { TextCursor } from "../formats/text-cursor.ts";
import { readPythonString } from "./python-string.ts";

/** What a dict's key can be here: Python also takes tuples and bytes. */
export type LiteralKey = null | boolean | number | bigint | string;

/**
 * A value of a Python literal: None is null, a whole number beyond 2 ** 53 is a bigint, lists and tuples are arrays, a
 * dict is a Map.
 */
export type LiteralValue = LiteralKey | Uint8Array | readonly LiteralValue[] | ReadonlyMap<LiteralKey, LiteralValue>;

/**
 * Reads one Python literal: None, True, False, numbers, strings, bytes, lists, tuples and dicts of them, with comments.
 * Nothing is evaluated: names, operators and calls are errors.
 *
 * @throws FormatError naming the line and column
 */
export function readPythonLiteral(text: string, options: ReadOptions): LiteralValue {
  const { file } = expectReadOptions("readPythonLiteral", options);
  const cursor = new TextCursor(text, file);
  skipLines(cursor);
  const first = readValue(cursor);
  const value = peek(cursor) === "," ? readItems(cursor, "", [first]) : first; // 1, 2 is a tuple without brackets
  skipLines(cursor);
  if (cursor.character !== "") throw cursor.unexpected("the end");
  return value;
}

function readValue(cursor: TextCursor): LiteralValue {
  const start = peek(cursor);
  if (start === "[") return cursor.bracketed(() => readItems(cursor, "]", []));
  if (start === "(") return cursor.bracketed(() => readParenthesized(cursor));
  if (start === "{") return cursor.bracketed(() => readDict(cursor));
  if (/[-+.\d]/.test(start)) return readNumber(cursor);
  return readStrings(cursor) ?? readName(cursor);
}

/** Adds values to `items` up to the bracket `end`, which stays to be moved over; "" is the end of the text. */
function readItems(cursor: TextCursor, end: string, items: LiteralValue[]): LiteralValue[] {
  const isEnd = () => peek(cursor) === end || (end === "" && /[\r\n]/.test(cursor.character));
  while (!isEnd()) {
    if (items.length > 0) {
      if (cursor.character !== ",") throw cursor.unexpected(end === "" ? "a comma or the end" : `a comma or ${end}`);
      cursor.position++;
      if (isEnd()) break;
    }
    items.push(readValue(cursor));
  }
  return items;
}

/** (1) is the value itself, (1,) and () are tuples. */
function readParenthesized(cursor: TextCursor): LiteralValue {
  if (peek(cursor) === ")") return [];
  const first = readValue(cursor);
  return peek(cursor) === ")" ? first : readItems(cursor, ")", [first]);
}

function readDict(cursor: TextCursor): ReadonlyMap<LiteralKey, LiteralValue> {
  const dict = new Map<LiteralKey, LiteralValue>();
  while (peek(cursor) !== "}") {
    const start = cursor.position;
    const key = readValue(cursor);
    if (typeof key === "object" && key !== null) {
      throw cursor.error("expected a text or a number as a dict's key.", start);
    }
    if (peek(cursor) !== ":") throw cursor.unexpected("a colon");
    cursor.position++;
    dict.set(key, readValue(cursor));
    if (peek(cursor) === "}") break;
    if (cursor.character !== ",") throw cursor.unexpected("a comma or }");
    cursor.position++;
  }
  return dict;
}

const INTEGER = /^(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?\d)*)/;
const FLOAT =
  /^(?:(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.)(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*[eE][-+]?\d(?:_?\d)*)/;
/** Characters of a number; the largest float64 has 309 digits. */
const LONGEST_NUMBER = 400;

function readNumber(cursor: TextCursor): number | bigint {
  let negative = false;
  for (let sign = peek(cursor); sign === "-" || sign === "+"; sign = peek(cursor)) {
    negative = negative !== (sign === "-");
    cursor.position++;
  }
  const ahead = cursor.text.slice(cursor.position, cursor.position + LONGEST_NUMBER + 1);
  const float = FLOAT.exec(ahead)?.[0];
  const digits = float ?? INTEGER.exec(ahead)?.[0] ?? "";
  if (digits.length > LONGEST_NUMBER) throw cursor.error(`expected a number of at most ${LONGEST_NUMBER} characters.`);
  if (digits === "" || /[\p{L}\p{N}_.]/u.test(ahead.charAt(digits.length))) throw cursor.unexpected("a number");
  cursor.position += digits.length;
  const text = digits.replaceAll("_", "");
  if (float !== undefined) return negative ? -Number(text) : Number(text);
  return plainInteger(negative ? -BigInt(text) : BigInt(text));
}

/** One string, or several beside each other, which are one; undefined when there is none. */
function readStrings(cursor: TextCursor): string | Uint8Array | undefined {
  const texts: string[] = [];
  const bytes: number[] = [];
  const start = cursor.position;
  let part = readPythonString(cursor);
  const first = part;
  for (; part !== undefined; part = readPythonString(cursor)) {
    if (typeof part !== typeof first) throw cursor.error("expected text or bytes. Got both beside each other.", start);
    if (typeof part === "string") texts.push(part);
    else for (const byte of part) bytes.push(byte);
    peek(cursor);
  }
  if (first === undefined) return undefined;
  return typeof first === "string" ? texts.join("") : Uint8Array.from(bytes);
}

function readName(cursor: TextCursor): null | boolean {
  // No pattern for names in general: with the flag u it would need a stack as deep as the name is long.
  const name = cursor.match(/(?:None|True|False)(?![\p{L}\p{N}_])/uy);
  if (name === undefined) throw cursor.unexpected("a Python literal");
  return name === "None" ? null : name === "True";
}

/** Moves over space and a comment, inside brackets also over line ends, and returns the character there. */
function peek(cursor: TextCursor): string {
  if (cursor.depth > 0) skipLines(cursor);
  else cursor.match(/[ \t\f]*(?:#.*)?/y);
  return cursor.character;
}

/** Moves over space, line ends and comments. */
function skipLines(cursor: TextCursor): void {
  // One line at a time: a pattern for all of them would need a stack as deep as the text is long.
  while (cursor.match(/[ \t\f\r\n]*(?:#.*)?/y) !== "");
}
