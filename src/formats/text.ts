import { FormatError } from "./format-error.ts";

/** Bytes that are tried at once where a text is not UTF-8. */
const SEARCH_STEP = 2 ** 16;

/** The content of a text file: its bytes (UTF-8, with or without a byte order mark) or the text itself. */
export type TextSource = string | Uint8Array;

/** @throws FormatError naming the line that is not UTF-8 */
export function readText(source: TextSource, file: string): string {
  const text = typeof source === "string" ? source : decodeFile(source, file);
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** Lines without their ends, which may be \n or \r\n. The n-th line of the file is element n - 1. */
export function splitLines(text: string): string[] {
  return text.split(/\r?\n/);
}

/** The same one after the other, for files of very many lines: they need not all be there at once. */
export function* linesOf(text: string): Generator<string> {
  for (let start = 0; ; ) {
    const newline = text.indexOf("\n", start);
    if (newline === -1) return yield text.slice(start);
    yield text.slice(start, text[newline - 1] === "\r" && newline > start ? newline - 1 : newline);
    start = newline + 1;
  }
}

/**
 * Text without the characters at its ends that a pattern knows. A pattern for all of them at once would look at a long row of
 * them within the text again and again.
 *
 * @param edge matches one UTF-16 unit
 */
export function trimEdges(text: string, edge: RegExp): string {
  let [start, end] = [0, text.length];
  while (start < end && edge.test(text.charAt(start))) start++;
  while (end > start && edge.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The text of UTF-8 bytes, unchanged to the last character, or undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    // ignoreBOM keeps a leading U+FEFF: inside a file it is a character like any other.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeFile(bytes: Uint8Array, file: string): string {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text;
  // The byte 0x0A is never part of a longer UTF-8 sequence, so parts between line ends can be tried by themselves: large
  // ones first, then the lines of the first that is not valid.
  const whole = bytes.length;
  for (let start = 0, line = 1, step = SEARCH_STEP; start < whole; ) {
    const newline = bytes.indexOf(0x0a, Math.min(start + step, whole) - 1);
    const end = newline === -1 ? whole : newline + 1;
    const part = decodeUtf8(bytes.subarray(start, end));
    if (part !== undefined) {
      for (let at = part.indexOf("\n"); at !== -1; at = part.indexOf("\n", at + 1)) line++;
      start = end;
    } else if (step > 1) step = 1;
    else throw new FormatError(file, `line ${line}`, "expected UTF-8 text. Got bytes that are not valid UTF-8.");
  }
  throw new FormatError(file, undefined, "expected UTF-8 text. Got more text than fits into memory.");
}
