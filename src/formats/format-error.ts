import { OpaqueValue } from "./opaque-value.ts";
import { VideoTagError } from "./video-tag-error.ts";
import { visible } from "./visible-text.ts";

/** Options that every reader takes. */
export interface ReadOptions {
  /** Name of the file, for error messages; nothing is opened. */
  readonly file: string;
}

/**
 * What every reader throws on bytes that it cannot take: a sentence naming the file, the place in it (byte offset,
 * line or key) where there is one, what was expected and what came.
 */
export class FormatError extends VideoTagError {
  override readonly name: string = "FormatError";
  override readonly code = "ERR_FORMAT";
  readonly file: string;
  readonly place: string | undefined;

  constructor(file: string, place: string | undefined, problem: string) {
    super(visible(place === undefined ? `${file}: ${problem}` : `${file}, ${place}: ${problem}`));
    this.file = file;
    this.place = place;
  }
}

const LONGEST_QUOTE = 60;

/** Text from a file as a message may show it: cut short, in quotes, with every invisible character escaped. */
export function quote(text: string): string {
  return visible(JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text));
}

/** The same without the quotes, for names. */
export function showName(name: string): string {
  return quote(name).slice(1, -1);
}

/** A list with its contents as a message may show it. */
export function quoteList(list: readonly unknown[]): string {
  const json = JSON.stringify(list.slice(0, LONGEST_QUOTE), (_, item) =>
    typeof item === "bigint" ? String(item) : item,
  );
  return visible(json.length > LONGEST_QUOTE ? `${json.slice(0, LONGEST_QUOTE)}...` : json);
}

/** A parsed value as a message may show it: "a list", "3.5", "the text \"abc\"". */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "no value";
  if (typeof value === "string") return `the text ${quote(value)}`;
  if (typeof value === "bigint") return "a very large whole number";
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "a dict";
  if (value instanceof OpaqueValue) return `an object of ${showName(value.className)}${value.detail}`;
  if ("shape" in value && Array.isArray(value.shape)) return `an array of shape (${value.shape.join(", ")})`;
  return "another object";
}
