import { ByteReader } from "../formats/byte-reader.ts";
import { FormatError, type ReadOptions } from "../formats/format-error.ts";
import {
  checkArray,
  decodeArray,
  elementCount,
  elementSize,
  littleEndianBytes,
  type NumericArray,
} from "../formats/numeric-array.ts";
import { otherFormatOrPickle } from "../formats/pickle/other-format.ts";
import { expectReadOptions } from "../formats/read-options.ts";
import { readTensorDescription, writeTensorDescription } from "./tensor-description.ts";

/**
 * Reads a file that holds one Paddle LoDTensor, such as a variable of a pretrained directory. The array is a view of
 * `bytes` where alignment allows. Levels of detail (sequence offsets) are passed over; parameters have none.
 *
 * Little-endian: u32 version 0; u64 number of levels, for each a u64 byte count and the bytes; u32 version 0; i32
 * length of the description; the description; the values in C order.
 *
 * @throws FormatError
 */
export function readLodTensor(bytes: Uint8Array, options: ReadOptions): NumericArray {
  const { file } = expectReadOptions("readLodTensor", options);
  expectNoOtherFormat(bytes, file);
  const reader = new ByteReader(bytes, file);
  const array = readStream(reader);
  if (reader.remaining > 0) throw reader.error(`expected the end of the tensor. Got ${reader.remaining} more bytes.`);
  return array;
}

/** @throws FormatError that names the file of another program which was given in place of parameters */
export function expectNoOtherFormat(bytes: Uint8Array, file: string): void {
  const other = otherFormatOrPickle(bytes);
  if (other !== undefined)
    throw new FormatError(file, undefined, `expected parameters as Paddle saves them. Got ${other}.`);
}

/** Writes one LoDTensor as Paddle does, without levels of detail. */
export function writeLodTensor(array: NumericArray): Uint8Array {
  return writeStreams([array]);
}

/** Reads the stream that begins where the reader stands and leaves the reader behind it. */
export function readStream(reader: ByteReader): NumericArray {
  expectVersion(reader, "LoDTensor");
  const levels = reader.uint64("the number of levels");
  for (let level = 0n; level < levels; level++) reader.take(reader.uint64("a level's length"), "a level");
  expectVersion(reader, "Tensor");
  const at = reader.offset;
  const length = reader.int32("the description's length");
  if (length < 0 || length > reader.remaining) {
    throw reader.error(
      `expected the length of the tensor's description. Got ${length}, ${reader.remaining} are left.`,
      at,
    );
  }
  const { dtype, shape } = readTensorDescription(reader, reader.offset + length);
  const values = reader.take(
    elementCount(shape) * elementSize(dtype),
    `values for the ${dtype} tensor of shape (${shape.join(", ")})`,
  );
  return decodeArray(values, dtype, shape);
}

/** Writes streams one after another, in memory that is asked for once. */
export function writeStreams(arrays: readonly NumericArray[]): Uint8Array {
  const streams = arrays.map((array, index) => {
    checkArray(array, `array ${index}`);
    const description = writeTensorDescription(array);
    return { description, values: littleEndianBytes(array) };
  });
  const length = streams.reduce((sum, { description, values }) => sum + HEADER + description.length + values.length, 0);
  const result = new Uint8Array(length);
  const view = new DataView(result.buffer);
  let offset = 0;
  for (const { description, values } of streams) {
    // The versions and the number of levels are 0, which the bytes are already.
    view.setInt32(offset + HEADER - 4, description.length, true);
    result.set(description, offset + HEADER);
    result.set(values, offset + HEADER + description.length);
    offset += HEADER + description.length + values.length;
  }
  return result;
}

/** Version, number of levels, version and the description's length. */
const HEADER = 4 + 8 + 4 + 4;

function expectVersion(reader: ByteReader, what: string): void {
  const at = reader.offset;
  const version = reader.uint32("a version");
  if (version !== 0) throw reader.error(`expected version 0 of Paddle's ${what}. Got ${version}.`, at);
}
