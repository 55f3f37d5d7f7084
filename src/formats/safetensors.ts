import { ByteReader } from "./byte-reader.ts";
import { describeValue, FormatError, quote, type ReadOptions } from "./format-error.ts";
import { type JsonValue, parseJson } from "./json.ts";
import {
  checkArray,
  type DataType,
  decodeArray,
  elementCount,
  elementSize,
  littleEndianBytes,
  type NumericArray,
} from "./numeric-array.ts";
import { expectReadOptions } from "./read-options.ts";
import { decodeUtf8 } from "./text.ts";

/** The content of a safetensors file. */
export interface Safetensors {
  /** By name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, NumericArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

const DATA_TYPES = {
  BOOL: "bool",
  U8: "uint8",
  I8: "int8",
  U16: "uint16",
  I16: "int16",
  F16: "float16",
  BF16: "bfloat16",
  U32: "uint32",
  I32: "int32",
  F32: "float32",
  U64: "uint64",
  I64: "int64",
  F64: "float64",
} as const satisfies Record<string, DataType>;

const METADATA = "__metadata__";
/** Where the header begins: behind its length. */
const HEADER_START = 8;
/** The reference implementation refuses longer headers too. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads a safetensors file: u64 length of the header, the header in JSON, the tensors' bytes. Arrays are views of
 * `bytes` where alignment allows. Source: the format's description at github.com/huggingface/safetensors.
 *
 * @throws FormatError when the header is damaged, names a tensor twice, or does not give every byte behind it to
 *   exactly one tensor
 */
export function readSafetensors(bytes: Uint8Array, options: ReadOptions): Safetensors {
  const { file } = expectReadOptions("readSafetensors", options);
  const reader = new ByteReader(bytes, file);
  const length = reader.uint64("the header's length");
  if (length > LONGEST_HEADER) {
    throw reader.error(`expected a header of at most ${LONGEST_HEADER} bytes. Got ${length}.`, 0);
  }
  const header = decodeUtf8(reader.take(length, "the header"));
  if (header === undefined) throw reader.error("expected a header in UTF-8. Got other bytes.", HEADER_START);
  const root = parseJson(header, file);
  if (!(root instanceof Map)) {
    throw reader.error(`expected an object as the header. Got ${describeValue(root)}.`, HEADER_START);
  }

  const data = reader.take(reader.remaining, "tensors");
  const entries = [...root].filter(([name]) => name !== METADATA).map(([name, value]) => readEntry(name, value, file));
  checkCoverage(entries, data.length, file);
  const tensors = entries.map(({ name, dtype, shape, begin, end }) => {
    return [name, decodeArray(data.subarray(begin, end), dtype, shape)] as const;
  });
  return { tensors: new Map(tensors), metadata: readMetadata(root.get(METADATA), file) };
}

/**
 * Writes a safetensors file. The tensors' bytes stand in the order of `tensors`; the header is padded with spaces to a
 * multiple of 8 bytes, as the reference implementation does it.
 *
 * @throws RangeError when a tensor's data is not what its dtype and shape say, or when it has the name __metadata__
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NumericArray>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const pieces = safetensorsPieces(tensors, metadata, Number.POSITIVE_INFINITY);
  return pieces[0] as Uint8Array;
}

/**
 * The same in pieces, one behind the other: of tensors that are larger than a piece the very memory that they have.
 *
 * @param bytes the size of a piece that holds several tensors, at least. Default 16 MiB
 */
export function safetensorsPieces(
  tensors: ReadonlyMap<string, NumericArray>,
  metadata: ReadonlyMap<string, string> = new Map(),
  bytes: number = 2 ** 24,
): Uint8Array[] {
  const parts = [headerOf(tensors, metadata), ...[...tensors.values()].map(littleEndianBytes)];
  const pieces: Uint8Array[] = [];
  let begin = 0;
  for (let [end, size] = [0, 0]; end < parts.length; ) {
    size += (parts[end++] as Uint8Array).length;
    if (size < bytes && end < parts.length) continue;
    pieces.push(joined(parts.slice(begin, end), size));
    [begin, size] = [end, 0];
  }
  return pieces;
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const result = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

function headerOf(tensors: ReadonlyMap<string, NumericArray>, metadata: ReadonlyMap<string, string>): Uint8Array {
  const members: string[] = [];
  if (metadata.size > 0) {
    const pairs = [...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    members.push(`"${METADATA}":{${pairs.join(",")}}`);
  }
  let end = 0;
  for (const [name, tensor] of tensors) {
    if (name === METADATA) throw new RangeError(`tensors must have other names than ${METADATA}.`);
    checkArray(tensor, name);
    const begin = end;
    end += tensor.data.byteLength;
    const entry = { dtype: typeName(tensor.dtype), shape: tensor.shape, data_offsets: [begin, end] };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const header = new TextEncoder().encode(`{${members.join(",")}}`);
  const headerLength = Math.ceil(header.length / 8) * 8;
  const result = new Uint8Array(HEADER_START + headerLength);
  new DataView(result.buffer).setBigUint64(0, BigInt(headerLength), true);
  result.set(header, HEADER_START);
  result.fill(" ".charCodeAt(0), HEADER_START + header.length, HEADER_START + headerLength);
  return result;
}

interface Entry {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, value: JsonValue, file: string): Entry {
  const place = `tensor ${quote(name)}`;
  if (!(value instanceof Map)) throw new FormatError(file, place, `expected an object. Got ${describeValue(value)}.`);
  const { dtype: typeText, shape, data_offsets: offsets } = Object.fromEntries(value);
  const dtype = DATA_TYPES[typeText as keyof typeof DATA_TYPES];
  if (typeof typeText !== "string" || !Object.hasOwn(DATA_TYPES, typeText)) {
    throw new FormatError(file, place, `expected a dtype such as F32. Got ${describeValue(typeText)}.`);
  }
  if (!isWholeNumbers(shape)) {
    throw new FormatError(file, place, "expected a shape of whole numbers. Got another value.");
  }
  if (!isWholeNumbers(offsets) || offsets.length !== 2) {
    throw new FormatError(file, place, "expected data_offsets of two whole numbers. Got another value.");
  }
  const [begin = 0, end = 0] = offsets;
  const size = elementCount(shape) * elementSize(dtype);
  if (end - begin !== size) {
    const expected = `expected ${size} bytes for ${typeText} of shape (${shape.join(", ")})`;
    throw new FormatError(file, place, `${expected}. Got data_offsets ${begin} to ${end}.`);
  }
  return { name, dtype, shape, begin, end };
}

function checkCoverage(entries: readonly Entry[], length: number, file: string): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted(
    (first, second) => first.begin - second.begin || first.end - second.end,
  )) {
    if (begin !== covered) {
      const place = `tensor ${quote(name)}`;
      throw new FormatError(
        file,
        place,
        `expected data_offsets from ${covered}, where the one before ends. Got ${begin}.`,
      );
    }
    covered = end;
  }
  if (covered !== length) {
    throw new FormatError(file, undefined, `expected ${covered} bytes of tensors behind the header. Got ${length}.`);
  }
}

function readMetadata(value: JsonValue | undefined, file: string): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  const isText = (map: ReadonlyMap<string, JsonValue>): map is ReadonlyMap<string, string> =>
    [...map.values()].every((text) => typeof text === "string");
  if (value instanceof Map && isText(value)) return value;
  throw new FormatError(file, METADATA, "expected an object of texts. Got another value.");
}

function isWholeNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function typeName(dtype: DataType): string {
  return Object.entries(DATA_TYPES).find(([, known]) => known === dtype)?.[0] as string;
}
