import { entryOf } from "./code-points";
import { addToken, cutTokens, hasRoomFor, tokenCount } from "./tokens";
import { BEGINNING, CONTINUATION, childOf, findSlot, tokenOf } from "./trie";
import { FIRST_MAPPING, FIRST_REORDERED, KIND_MASK } from "./unicode-tables.generated";

/** In code points. A longer word is unknown, whatever it is. */
const MAXIMUM_LENGTH: i32 = 100;

/** The normalised code points of the word at hand, u32 each, as far as they matter. */
const word: usize = memory.data(4 * MAXIMUM_LENGTH, 16);
let length: i32 = 0;
let barrier: i32 = 0;
let unknown: i32 = 0;

export function setUnknown(token: i32): void {
  unknown = token;
}

export function append(codePoint: u32): void {
  if (length < MAXIMUM_LENGTH) put(length, codePoint);
  length++;
}

/** Appends a code point of a kind that moves: before those of higher rank that it follows. */
export function appendReordered(codePoint: u32, kind: u32): void {
  let place = length;
  if (length < MAXIMUM_LENGTH) {
    while (place > barrier && rankOf(at(place - 1)) > kind) {
      put(place, at(place - 1));
      place--;
    }
    put(place, codePoint);
  }
  length++;
}

/** Nothing that comes later moves before what is there. */
export function setBarrier(): void {
  barrier = length;
}

/** Ends the word at hand, if there is one: adds its tokens. */
export function finishWord(): void {
  if (length === 0) return;
  if (hasRoomFor(MAXIMUM_LENGTH)) addWordPieces();
  length = 0;
  barrier = 0;
}

/** Adds the token of a word of one code point. */
export function addSingle(codePoint: u32): void {
  if (!hasRoomFor(1)) return;
  const slot = findSlot(BEGINNING, codePoint);
  const token = childOf(slot) === 0 ? -1 : tokenOf(slot);
  addToken(token < 0 ? unknown : token);
}

/** The longest token that fits comes first; if at any place none fits, the whole word is unknown. */
function addWordPieces(): void {
  const before = tokenCount();
  let place = length > MAXIMUM_LENGTH ? -1 : 0;
  let root = BEGINNING;
  while (place >= 0 && place < length) {
    place = addLongestToken(root, place);
    root = CONTINUATION;
  }
  if (place < 0) {
    cutTokens(before);
    addToken(unknown);
  }
}

/** Answers where the token ends, or -1. */
function addLongestToken(root: u32, place: i32): i32 {
  let node = root;
  let token = -1;
  let tokenEnd = -1;
  for (let index = place; index < length; index++) {
    const slot = findSlot(node, at(index));
    node = childOf(slot);
    if (node === 0) break;
    if (tokenOf(slot) >= 0) {
      token = tokenOf(slot);
      tokenEnd = index + 1;
    }
  }
  if (tokenEnd >= 0) addToken(token);
  return tokenEnd;
}

/** 0, below all that moves, for the code points that do not. */
function rankOf(codePoint: u32): u32 {
  const kind = entryOf(codePoint) & KIND_MASK;
  return kind >= FIRST_REORDERED && kind < FIRST_MAPPING ? kind : 0;
}

function at(place: i32): u32 {
  return load<u32>(word + ((<usize>place) << 2));
}

function put(place: i32, codePoint: u32): void {
  store<u32>(word + ((<usize>place) << 2), codePoint);
}
