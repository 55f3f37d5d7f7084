import { BRANCH_BITS, BRANCHES, LEAF_BITS, LEAVES, ROOT } from "./unicode-tables.generated";

/** The code point at a place in UTF-16 text; a surrogate without its other half is a code point of its own. */
export function codePointAt(position: usize, end: usize): u32 {
  const unit: u32 = load<u16>(position);
  if ((unit & 0xfc00) !== 0xd800 || position + 2 >= end) return unit;
  const next: u32 = load<u16>(position, 2);
  return (next & 0xfc00) === 0xdc00 ? 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff) : unit;
}

/** In bytes of UTF-16. */
export function sizeOf(codePoint: u32): usize {
  return codePoint > 0xffff ? 4 : 2;
}

/** The kind and the flags of a code point. */
export function entryOf(codePoint: u32): u32 {
  const branch: u32 = load<u8>(ROOT + (codePoint >> (LEAF_BITS + BRANCH_BITS)));
  const twig = (branch << BRANCH_BITS) + ((codePoint >> LEAF_BITS) & ((1 << BRANCH_BITS) - 1));
  const leaf: u32 = load<u16>(BRANCHES + (twig << 1));
  const place = (leaf << LEAF_BITS) + (codePoint & ((1 << LEAF_BITS) - 1));
  return load<u16>(LEAVES + (place << 1));
}
