import { freeStart, growTo } from "./linear-memory";

/** Where a word begins. */
export const BEGINNING: u32 = 0;
/** Where what follows "##" begins. */
export const CONTINUATION: u32 = 1;

/**
 * The trie is a hash table of its edges, with linear probing. A slot: u64 the node and the code point that leaves it,
 * u32 the node it leads to (0 in an empty slot, as no edge leads to the beginning), i32 the token that ends there or -1.
 */
const SLOT_BITS = 4;
const CHILD = 8;
const TOKEN = 12;
const HASH_FACTOR: u64 = ((0x9e3779b9 as u64) << 32) | 0x7f4a7c15;

const slots: usize = freeStart();
let slotMask: u32 = 0;
let hashShift: u64 = 0;
let nodes: u32 = 2;

/** Makes room for a trie of at most so many edges: twice as many slots. Answers where memory is free after it, or 0. */
export function reserveTrie(edges: u32): usize {
  const capacity: u64 = 1 << (64 - clz<u64>(((<u64>edges) << 1) | 1));
  const end = <u64>slots + (capacity << SLOT_BITS);
  if (!growTo(end)) return 0;
  slotMask = <u32>(capacity - 1);
  hashShift = clz<u64>(capacity) + 1;
  return <usize>end;
}

/** Adds the edge that leaves a node by a code point, unless it is there. Answers its slot. */
export function addEdge(node: u32, codePoint: u32): usize {
  const slot = findSlot(node, codePoint);
  if (load<u32>(slot, CHILD) === 0) {
    store<u64>(slot, keyOf(node, codePoint));
    store<u32>(slot, nodes++, CHILD);
    store<i32>(slot, -1, TOKEN);
  }
  return slot;
}

export function setToken(slot: usize, token: i32): void {
  store<i32>(slot, token, TOKEN);
}

/** The slot of an edge, or of the place where it would be. */
export function findSlot(node: u32, codePoint: u32): usize {
  const key = keyOf(node, codePoint);
  let index = <u32>((key * HASH_FACTOR) >> hashShift);
  while (true) {
    const slot = slots + ((<usize>index) << SLOT_BITS);
    if (load<u64>(slot) === key || load<u32>(slot, CHILD) === 0) return slot;
    index = (index + 1) & slotMask;
  }
}

/** The node that an edge leads to, or 0 when there is no such edge. */
export function childOf(slot: usize): u32 {
  return load<u32>(slot, CHILD);
}

/** The token that ends with an edge, or -1. An edge that is not there must have been ruled out. */
export function tokenOf(slot: usize): i32 {
  return load<i32>(slot, TOKEN);
}

function keyOf(node: u32, codePoint: u32): u64 {
  return ((<u64>node) << 21) | codePoint;
}
