import type { NumericArray } from "../numeric-array.ts";
import type { OpaqueValue } from "../opaque-value.ts";
import { decodeUtf8 } from "../text.ts";
import { decodeLatin1 } from "./pickle-text.ts";

/** What a dict's key can be. Bytes are keys as text; a key of any other kind, such as a tuple, is an opaque one. */
export type PickleKey = null | boolean | number | bigint | string | OpaqueValue;

/**
 * A value of a pickle: None is null; a whole number beyond 2 ** 53 is a bigint; bytes, bytearrays and the strings of
 * Python 2 are bytes; lists and tuples are arrays, and so are NumPy's arrays of objects; a dict is a Map, of whatever class;
 * a NumPy scalar is the number or text itself. Everything else is an OpaqueValue.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | NumericArray
  | OpaqueValue
  | readonly PickleValue[]
  | ReadonlyMap<PickleKey, PickleValue>;

/** The text of a str, or of a Python 2 string: UTF-8 where it is valid, else Latin-1. Undefined for other values. */
export function pickleText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? (decodeUtf8(value) ?? decodeLatin1(value)) : undefined;
}
