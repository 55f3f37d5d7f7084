import { ByteReader } from "../formats/byte-reader.ts";
import type { ReadOptions } from "../formats/format-error.ts";
import type { NumericArray } from "../formats/numeric-array.ts";
import { expectReadOptions } from "../formats/read-options.ts";
import { expectNoOtherFormat, readStream, writeStreams } from "./lod-tensor.ts";

const MOST_TENSORS = 2 ** 16;

/**
 * Reads Paddle's combined file of parameters (a checkpoint's `param`, an inference model's `params`): LoDTensors one
 * after another, without names. They stand in the order of paddleNameOrder. Arrays are views of `bytes` where alignment
 * allows.
 *
 * @throws FormatError
 */
export function readCombined(bytes: Uint8Array, options: ReadOptions): NumericArray[] {
  const { file } = expectReadOptions("readCombined", options);
  expectNoOtherFormat(bytes, file);
  const reader = new ByteReader(bytes, file);
  const arrays: NumericArray[] = [];
  while (reader.remaining > 0) {
    if (arrays.length === MOST_TENSORS) throw reader.error(`expected at most ${MOST_TENSORS} tensors. Got more.`);
    arrays.push(readStream(reader));
  }
  if (arrays.length === 0) throw reader.error("expected at least one tensor. Got an empty file.");
  return arrays;
}

/**
 * Writes a combined file.
 *
 * @param arrays in the order of their names as paddleNameOrder gives it
 * @throws RangeError when an array's data is not what its dtype and shape say
 */
export function writeCombined(arrays: readonly NumericArray[]): Uint8Array {
  return writeStreams(arrays);
}

/** The names in the order that Paddle stores parameters in: that of their UTF-8 bytes. */
export function paddleNameOrder(names: readonly string[]): string[] {
  const encoder = new TextEncoder();
  const keyed = names.map((name) => ({ name, bytes: encoder.encode(name) }));
  return keyed.sort((first, second) => compareBytes(first.bytes, second.bytes)).map(({ name }) => name);
}

function compareBytes(first: Uint8Array, second: Uint8Array): number {
  const different = first.findIndex((byte, index) => byte !== second[index]);
  if (different === -1) return first.length - second.length;
  return (first[different] as number) - (second[different] ?? -1);
}
