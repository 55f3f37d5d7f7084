import type { NumericArray } from "../numeric-array.ts";
import { OpaqueValue } from "../opaque-value.ts";
import type { PickleKey } from "./pickle-value.ts";

/** A class or function that a pickle names. It was not looked up. */
export class PickledGlobal extends OpaqueValue {}

/** What a call of a class or function would have made. It was not called. */
export class PickledObject extends OpaqueValue {
  /** What was put in by key: an OrderedDict, or a class's own kind of dict. Undefined when nothing was. */
  items: Map<PickleKey, unknown> | undefined;
}

/** A NumPy array: empty as _reconstruct makes it, until BUILD gives it its state. */
export class PickledArray extends OpaqueValue {
  /** Numbers; the rows or values of an array of objects; or what is known of any other array. */
  content: NumericArray | readonly unknown[] | OpaqueValue = { dtype: "int8", shape: [0], data: new Int8Array(0) };
}

/** What a value of the machine is to a reader of the pickle. */
export function finishedValue(value: unknown): unknown {
  if (value instanceof PickledArray) return value.content;
  return value instanceof PickledObject ? (value.items ?? value) : value;
}
