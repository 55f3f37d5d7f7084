import type { TextCursor } from "../formats/text-cursor.ts";

/** Beginning of a Python string or bytes literal: prefix and quotes. */
const OPENING = /([rR]?[bB]|[bB][rR]|[rRuU]?)("""|'''|"|')/y;

/** Reads the string or bytes literal at the cursor; undefined when there is none. */
export function readPythonString(cursor: TextCursor): string | Uint8Array | undefined {
  OPENING.lastIndex = cursor.position;
  const opening = OPENING.exec(cursor.text);
  if (opening === null) return undefined;
  const [whole, prefix = "", quotes = ""] = opening;
  cursor.position += whole.length;
  const isBytes = /b/i.test(prefix);
  const text = readBody(cursor, quotes, /r/i.test(prefix), isBytes);
  return isBytes ? Uint8Array.from(text, (character) => character.charCodeAt(0)) : text;
}

function readBody(cursor: TextCursor, quotes: string, raw: boolean, isBytes: boolean): string {
  const parts: string[] = [];
  const plain = quotes.length === 3 ? /[^\\"']+|["']/y : /[^\\"'\n]+|["']/y;
  while (!cursor.text.startsWith(quotes, cursor.position)) {
    const start = cursor.position;
    const run = cursor.match(plain);
    if (run === undefined) parts.push(raw ? readRawEscape(cursor) : readEscape(cursor, isBytes));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes literals may hold all of ASCII.
    else if (isBytes && !/^[\x00-\x7f]*$/.test(run)) throw cursor.error("expected ASCII in bytes.", start);
    else parts.push(run);
  }
  cursor.position += quotes.length;
  return parts.join("");
}

/** In a raw string a backslash stays, but the character after it does not end the string. */
function readRawEscape(cursor: TextCursor): string {
  const found = cursor.match(/\\[\s\S]/y);
  if (found === undefined) throw cursor.unexpected("the end of the string");
  return found;
}

function readEscape(cursor: TextCursor, isBytes: boolean): string {
  const found = cursor.match(/\\(?:[0-7]{1,3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^x])/y);
  if (found === undefined) throw cursor.unexpected("the end of the string or a whole escape");
  const kind = found.charAt(1);
  if (/[0-7]/.test(kind)) return String.fromCharCode(Number.parseInt(found.slice(1), 8)); // bytes take the low 8 bits
  if (kind === "x") return String.fromCharCode(Number.parseInt(found.slice(2), 16));
  if (isBytes || !/[uUN]/.test(kind)) return ESCAPES[kind as keyof typeof ESCAPES] ?? found;
  const code = Number.parseInt(found.slice(2), 16); // NaN for \N{...} and for too few digits
  if (code <= 0x10ffff) return String.fromCodePoint(code);
  throw cursor.error("expected \\uXXXX or \\UXXXXXXXX with the number of a character.", cursor.position - found.length);
}

/** What else follows a backslash stays, with the backslash. */
const ESCAPES = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
