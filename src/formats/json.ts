import { quote, showName } from "./format-error.ts";
import { TextCursor } from "./text-cursor.ts";

/** A JSON value; objects are Maps, so that no key means anything to the language. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/**
 * Parses JSON (RFC 8259) strictly, and more strictly in two points: a key that comes twice in an object is an error, and so
 * is a number that no double holds, which others read as infinity.
 *
 * @throws FormatError naming the line and column
 */
export function parseJson(text: string, file: string): JsonValue {
  const cursor = new TextCursor(text, file);
  const value = parseValue(cursor);
  if (peek(cursor) !== "") throw cursor.unexpected("the end");
  return value;
}

/**
 * A value as JSON, two spaces deep unless told otherwise.
 *
 * @throws RangeError for a number that is not finite: JSON has none, and null in its place would not be read back
 */
export function writeJson(value: unknown, indent = 2): string {
  const check = (key: string, item: unknown): unknown => {
    if (typeof item !== "number" || Number.isFinite(item)) return item;
    throw new RangeError(`A number must be finite to be written as JSON. Got ${item} for ${quote(key)}.`);
  };
  return JSON.stringify(value, check, indent);
}

function parseValue(cursor: TextCursor): JsonValue {
  const start = peek(cursor);
  if (start === "{") return cursor.bracketed(() => parseObject(cursor));
  if (start === "[") return cursor.bracketed(() => parseArray(cursor));
  if (start === '"') return parseString(cursor);
  const number = cursor.match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y);
  if (number !== undefined) {
    const value = Number(number);
    if (Number.isFinite(value)) return value;
    throw cursor.error(
      `expected a number of at most 1.8e308. Got ${showName(number)}.`,
      cursor.position - number.length,
    );
  }
  const word = cursor.match(/null|true|false/y);
  if (word === undefined) throw cursor.unexpected("a JSON value");
  return word === "null" ? null : word === "true";
}

function parseObject(cursor: TextCursor): ReadonlyMap<string, JsonValue> {
  const object = new Map<string, JsonValue>();
  while (peek(cursor) !== "}") {
    if (object.size > 0) expectCharacter(cursor, ",", "a comma or }");
    if (peek(cursor) !== '"') throw cursor.unexpected("a key in quotes");
    const start = cursor.position;
    const key = parseString(cursor);
    if (object.has(key)) throw cursor.error(`key ${quote(key)} comes twice.`, start);
    expectCharacter(cursor, ":", "a colon");
    object.set(key, parseValue(cursor));
  }
  return object;
}

function parseArray(cursor: TextCursor): readonly JsonValue[] {
  const array: JsonValue[] = [];
  while (peek(cursor) !== "]") {
    if (array.length > 0) expectCharacter(cursor, ",", "a comma or ]");
    array.push(parseValue(cursor));
  }
  return array;
}

function parseString(cursor: TextCursor): string {
  const start = cursor.position;
  let end = start + 1;
  for (; cursor.text[end] !== '"'; end++) {
    if (end >= cursor.text.length) throw cursor.error("expected the end of the string. Got the end.", start);
    if (cursor.text[end] === "\\") end++;
  }
  cursor.position = end + 1;
  try {
    return JSON.parse(cursor.text.slice(start, end + 1)); // the language's own rules for escapes
  } catch {
    throw cursor.error("expected a string without control characters and with known escapes.", start);
  }
}

function expectCharacter(cursor: TextCursor, character: string, expected: string): void {
  if (peek(cursor) !== character) throw cursor.unexpected(expected);
  cursor.position++;
}

/** Moves over space and returns the character there. */
function peek(cursor: TextCursor): string {
  cursor.match(/[ \t\r\n]*/y);
  return cursor.character;
}
