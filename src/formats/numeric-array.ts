import { bfloat16ToFloat32Bits, float16ToFloat32Bits } from "./half-float.ts";

/** What the elements of an array are, in NumPy's names. */
export type DataType =
  | "bool"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

export type NumericData =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An array of numbers in C order (last axis fastest); the shape () is a single number. */
export interface NumericArray {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Native byte order. bool is a byte each; float16 and bfloat16 are their bits in a Uint16Array. */
  readonly data: NumericData;
}

const STORAGE = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Bytes of one element. */
export function elementSize(dtype: DataType): number {
  return STORAGE[dtype].BYTES_PER_ELEMENT;
}

/** Number of elements of a shape; beyond 2 ** 53 only known to be that large. */
export function elementCount(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((count, size) => count * size, 1);
}

/**
 * The array that is stored in bytes: a view of them where byte order and alignment allow, else a copy.
 * The caller has checked that `bytes` has exactly the elements of `shape`.
 */
export function decodeArray(
  bytes: Uint8Array,
  dtype: DataType,
  shape: readonly number[],
  littleEndian = true,
): NumericArray {
  const Storage = STORAGE[dtype];
  const size = Storage.BYTES_PER_ELEMENT;
  const native = size === 1 || littleEndian === hostIsLittleEndian();
  const source = native && bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  if (!native) reverseElements(source, size);
  const buffer = source.buffer as ArrayBuffer; // or a shared one: the constructors take both, their union's type does not
  return { dtype, shape, data: new Storage(buffer, source.byteOffset, source.byteLength / size) };
}

/** The elements as little-endian bytes: a view where the machine stores them so, else a copy. */
export function littleEndianBytes({ dtype, data }: NumericArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (hostIsLittleEndian()) return bytes;
  const copy = new Uint8Array(bytes);
  reverseElements(copy, elementSize(dtype));
  return copy;
}

/**
 * The values as float32, rounded to nearest; a bool is 0 or 1. float32 data is returned as it is, not copied.
 */
export function toFloat32(array: NumericArray): Float32Array {
  const { data } = array;
  if (data instanceof Float32Array) return data;
  const result = new Float32Array(data.length);
  writeFloat32(array, 0, result);
  return result;
}

/** Writes the values from `begin` on as float32, as many as the target takes. */
export function writeFloat32(array: NumericArray, begin: number, target: Float32Array): void {
  const { dtype, data } = array;
  if (data instanceof Float32Array) target.set(data.subarray(begin, begin + target.length));
  else if (dtype === "float16" || dtype === "bfloat16") {
    const toBits = dtype === "float16" ? float16ToFloat32Bits : bfloat16ToFloat32Bits;
    const bits = new Int32Array(target.buffer, target.byteOffset, target.length);
    for (let index = 0; index < bits.length; index++) bits[index] = toBits(Number(data[begin + index]));
  } else {
    for (let index = 0; index < target.length; index++) target[index] = numberAt(array, begin + index);
  }
}

/** Where the first value stands that is not finite in float32; -1 when all are. */
export function firstNotFinite(array: NumericArray): number {
  const { dtype, data } = array;
  if (dtype === "float32") return (data as Float32Array).findIndex((value) => !Number.isFinite(value));
  if (dtype === "float64") return (data as Float64Array).findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (dtype !== "float16" && dtype !== "bfloat16") return -1;
  const exponent = dtype === "float16" ? 0x7c00 : 0x7f80;
  return (data as Uint16Array).findIndex((bits) => (bits & exponent) === exponent);
}

/** One element as a number; 64-bit integers are rounded to float64. */
export function numberAt({ dtype, data }: NumericArray, index: number): number {
  const stored = Number(data[index]);
  if (dtype === "bool") return stored === 0 ? 0 : 1;
  if (dtype === "float16") return float32OfBits(float16ToFloat32Bits(stored));
  if (dtype === "bfloat16") return float32OfBits(bfloat16ToFloat32Bits(stored));
  return stored;
}

/** @throws RangeError when the data of an array that is to be written is not what its dtype and shape say */
export function checkArray({ dtype, shape, data }: NumericArray, name: string): void {
  const Storage = STORAGE[dtype];
  if (!(data instanceof Storage)) throw new RangeError(`${name} must hold its ${dtype} values in a ${Storage.name}.`);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`${name} must have a shape of whole numbers. Got (${shape.join(", ")}).`);
  }
  if (data.length !== elementCount(shape)) {
    throw new RangeError(
      `${name} must have ${elementCount(shape)} values for its shape (${shape.join(", ")}). Got ${data.length}.`,
    );
  }
}

function float32OfBits(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0] as number;
}

function hostIsLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}

function reverseElements(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const byte = bytes[low] as number;
      bytes[low] = bytes[high] as number;
      bytes[high] = byte;
    }
  }
}
