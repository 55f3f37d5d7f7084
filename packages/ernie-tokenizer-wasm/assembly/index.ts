/**
 * The tokenizer in linear memory: the Unicode tables, the vocabulary's trie, the texts at hand, the tokens made of them.
 *
 * Texts come and go through one layout: a u32 for each text, the place (counted from the first text) where it ends,
 * then the UTF-16 units of all texts, one after another.
 */
import { codePointAt, sizeOf } from "./code-points";
import { growTo } from "./linear-memory";
import { addText } from "./text";
import { closeTokens, openTokens, tokenCount } from "./tokens";
import { addEdge, BEGINNING, CONTINUATION, childOf, reserveTrie, setToken } from "./trie";
import { setUnknown } from "./word";

let texts: usize = 0;

/** As `reserveTexts`, for the vocabulary: its tokens are the texts. To be called once, before all else. */
export function reserveVocabulary(count: u32, units: u32): usize {
  texts = reserveTrie(units);
  return texts === 0 ? 0 : reserveTexts(count, units);
}

/** Makes room for so many texts of so many UTF-16 units in all. Answers where they go, or 0 when memory is too small. */
export function reserveTexts(count: u32, units: u32): usize {
  return growTo(<u64>texts + ((<u64>count + 1) << 2) + ((<u64>units) << 1)) ? texts : 0;
}

/** Builds the trie of the tokens that lie there as texts. */
export function buildTrie(count: u32, unknown: i32): void {
  setUnknown(unknown);
  let start = unitsOf(count);
  for (let token: u32 = 0; token < count; token++) {
    const end = textEnd(count, token);
    addToTrie(start, end, token);
    start = end;
  }
}

/**
 * Makes tokens of the texts that lie there, at most `limit` of each. Answers where the tokens lie, i32 each and one text
 * after another, or 0 when memory is too small. The ends of the texts become the ends of their tokens.
 */
export function tokenizeTexts(count: u32, limit: u32): usize {
  let start = unitsOf(count);
  openTokens((textEnd(count, count - 1) + 3) & ~3);
  for (let text: u32 = 0; text < count; text++) {
    const end = textEnd(count, text);
    addText(start, end, limit);
    store<u32>(texts + ((<usize>text) << 2), tokenCount());
    start = end;
  }
  return closeTokens();
}

function addToTrie(start: usize, end: usize, token: i32): void {
  const isContinuation = end - start > 4 && load<u16>(start) === 0x23 && load<u16>(start, 2) === 0x23;
  let node = isContinuation ? CONTINUATION : BEGINNING;
  let position = isContinuation ? start + 4 : start;
  let slot: usize = 0;
  while (position < end) {
    const codePoint = codePointAt(position, end);
    slot = addEdge(node, codePoint);
    node = childOf(slot);
    position += sizeOf(codePoint);
  }
  if (slot !== 0) setToken(slot, token);
}

function unitsOf(count: u32): usize {
  return texts + ((<usize>count) << 2);
}

function textEnd(count: u32, text: u32): usize {
  return unitsOf(count) + ((<usize>load<u32>(texts + ((<usize>text) << 2))) << 1);
}
