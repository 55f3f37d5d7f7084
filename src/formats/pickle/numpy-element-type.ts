import type { DataType } from "../numeric-array.ts";
import { OpaqueValue } from "../opaque-value.ts";
import { pickleText } from "./pickle-value.ts";
import { PickledGlobal } from "./pickled-object.ts";

const NUMERIC_CODES = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
} as const satisfies Record<string, DataType>;

/** What NumPy's letters stand for, of those that are no plain numbers. */
const MEANINGS = {
  O: "Python objects",
  S: "bytes",
  U: "text",
  V: "records",
  c: "complex numbers",
  M: "dates",
  m: "times",
};

/** A NumPy dtype. BUILD sets its byte order. */
export class ElementType extends OpaqueValue {
  /** As NumPy writes it, without a byte order: f4, U3, O8; the name of a class for the dtype of another package. */
  readonly code: string;
  /** Undefined when the elements are no numbers that can be read. */
  dtype: DataType | undefined;
  littleEndian: boolean;

  private constructor(code: string, dtype: DataType | undefined, littleEndian: boolean) {
    super("numpy.dtype");
    this.code = code;
    this.dtype = dtype;
    this.littleEndian = littleEndian;
  }

  /** @returns undefined for what is no name of a dtype */
  static of(code: unknown): ElementType | undefined {
    // bfloat16 is no dtype of NumPy's own: ml_dtypes brings it, for JAX and TensorFlow.
    if (code instanceof PickledGlobal) {
      return new ElementType(code.className, /(^|\.)bfloat16$/.test(code.className) ? "bfloat16" : undefined, true);
    }
    const text = pickleText(code);
    if (text === undefined) return undefined;
    const name = text.replace(/^[<>|=]/, "");
    const dtype = Object.hasOwn(NUMERIC_CODES, name) ? NUMERIC_CODES[name as keyof typeof NUMERIC_CODES] : undefined;
    return new ElementType(name, dtype, !text.startsWith(">"));
  }

  get holdsObjects(): boolean {
    return /^O\d*$/.test(this.code);
  }

  /** What messages call it. */
  get description(): string {
    const letter = this.code[0] ?? "";
    const isOwn = /^\D\d*$/.test(this.code) && Object.hasOwn(MEANINGS, letter);
    return isOwn ? `${this.code} (${MEANINGS[letter as keyof typeof MEANINGS]})` : this.code;
  }
}
