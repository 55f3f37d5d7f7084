import type { NumericArray } from "./numeric-array.ts";
import { decodeLatin1 } from "./pickle-text.ts";
import { decodeUtf8 } from "./text.ts";

/** What a dict's key can be. Python 2 bytes strings are keys as text. */
export type PickleKey = null | boolean | number | bigint | string;

/**
 * A value of a pickle: None is null; a whole number beyond 2 ** 53 is a bigint; bytes, bytearrays and the strings of
 * Python 2 are bytes; lists and tuples are arrays; a dict is a Map; a NumPy scalar is the number itself.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | NumericArray
  | readonly PickleValue[]
  | ReadonlyMap<PickleKey, PickleValue>;

/** The text of a str, or of a Python 2 string: UTF-8 where it is valid, else Latin-1. Undefined for other values. */
export function pickleText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? (decodeUtf8(value) ?? decodeLatin1(value)) : undefined;
}
