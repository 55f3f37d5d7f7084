import type { SequenceRows } from "../core/sequence-batch.ts";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const OTHER_PRIME = 0x9e3779b1;

/**
 * 53 bits that stand for the values of some sequences: equal for equal bits and shapes. Among a million videos two that
 * differ share one with a chance of 1 in 18,000. It is no defence against somebody who wants two to be equal.
 *
 * Source: FNV-1a (Fowler, Noll and Vo), over 32-bit words, twice with different primes; finished as in MurmurHash3.
 */
export function contentHash(sequences: readonly SequenceRows[]): number {
  let low = FNV_OFFSET;
  let high = ~FNV_OFFSET;
  const add = (word: number): void => {
    low = Math.imul(low ^ word, FNV_PRIME);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, OTHER_PRIME);
    high ^= high >>> 13;
  };
  for (const { rows, size, data } of sequences) {
    add(rows);
    add(rows === 0 ? 0 : size);
    const words = new Int32Array(data.buffer, data.byteOffset, data.length);
    for (let index = 0; index < words.length; index++) add(words[index] as number);
  }
  return (finish(high) & 0x1fffff) * 2 ** 32 + (finish(low) >>> 0);
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
