import type { ByteReader } from "../formats/byte-reader.ts";
import type { DataType } from "../formats/numeric-array.ts";

/** What the bytes of a tensor mean: Paddle's protobuf message VarType.TensorDesc. */
export interface TensorDescription {
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** Paddle's numbers for data types. Source: VarType.Type in its framework.proto. */
const DATA_TYPES: readonly (readonly [number, DataType])[] = [
  [0, "bool"],
  [1, "int16"],
  [2, "int32"],
  [3, "int64"],
  [4, "float16"],
  [5, "float32"],
  [6, "float64"],
  [20, "uint8"],
  [21, "int8"],
  [22, "bfloat16"],
];

const DATA_TYPE_FIELD = 1;
const DIMENSION_FIELD = 2;
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
const LARGEST_RANK = 64;

/**
 * Reads field 1 (varint, the data type) and field 2 (varints, one by one or packed, the dimensions); others are passed
 * over.
 *
 * @param end where the message ends, not beyond the end of the reader's bytes
 */
export function readTensorDescription(reader: ByteReader, end: number): TensorDescription {
  const start = reader.offset;
  const shape: number[] = [];
  let dtype: DataType | undefined;
  while (reader.offset < end) {
    const at = reader.offset;
    const tag = Number(readVarint(reader, end));
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (field === DATA_TYPE_FIELD && wireType === VARINT) {
      const type = readVarint(reader, end);
      dtype = DATA_TYPES.find(([number]) => BigInt(number) === type)?.[1];
      if (dtype === undefined) throw reader.error(`expected a numeric data type. Got Paddle's type ${type}.`, at);
    } else if (field === DIMENSION_FIELD && wireType === VARINT) readDimension(reader, end, shape);
    else if (field === DIMENSION_FIELD && wireType === BYTES) {
      const length = readLength(reader, end);
      const packedEnd = reader.offset + length;
      while (reader.offset < packedEnd) readDimension(reader, packedEnd, shape);
    } else skipField(reader, wireType, end, at);
  }
  if (dtype === undefined) throw reader.error("expected a data type in the tensor's description. Got none.", start);
  return { dtype, shape };
}

/** The message as Paddle writes it: the data type, then the dimensions one by one. */
export function writeTensorDescription({ dtype, shape }: TensorDescription): number[] {
  const number = DATA_TYPES.find(([, known]) => known === dtype)?.[0];
  if (number === undefined) throw new RangeError(`Paddle tensors must have one of its data types. Got ${dtype}.`);
  const dimensions = shape.flatMap((size) => [DIMENSION_FIELD * 8 + VARINT, ...varint(size)]);
  return [DATA_TYPE_FIELD * 8 + VARINT, number, ...dimensions];
}

function readDimension(reader: ByteReader, end: number, shape: number[]): void {
  const at = reader.offset;
  if (shape.length === LARGEST_RANK) throw reader.error(`expected at most ${LARGEST_RANK} dimensions. Got more.`);
  const size = BigInt.asIntN(64, readVarint(reader, end));
  if (size < 0 || size > Number.MAX_SAFE_INTEGER) throw reader.error(`expected a dimension. Got ${size}.`, at);
  shape.push(Number(size));
}

/** A length of bytes that are all there. */
function readLength(reader: ByteReader, end: number): number {
  const at = reader.offset;
  const length = readVarint(reader, end);
  if (length > end - reader.offset) {
    throw reader.error(
      `expected ${length} bytes of a field. Got ${end - reader.offset}: the description ends there.`,
      at,
    );
  }
  return Number(length);
}

function skipField(reader: ByteReader, wireType: number, end: number, at: number): void {
  if (wireType === VARINT) readVarint(reader, end);
  else if (wireType === BYTES) reader.take(readLength(reader, end), "a field");
  else if (wireType === FIXED_64 || wireType === FIXED_32) reader.take(wireType === FIXED_64 ? 8 : 4, "a field");
  else throw reader.error(`expected a field of a tensor's description. Got wire type ${wireType}.`, at);
  if (reader.offset > end) {
    throw reader.error("expected a field inside the tensor's description. Got one beyond it.", at);
  }
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function readVarint(reader: ByteReader, end: number): bigint {
  const at = reader.offset;
  let value = 0n;
  for (let shift = 0n; shift < 70n && reader.offset < end; shift += 7n) {
    const byte = reader.uint8("a number");
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw reader.error("expected a number of up to 10 bytes in the tensor's description. Got one without an end.", at);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}
