import { codePointAt, entryOf, sizeOf } from "./code-points";
import { isFinalSigma } from "./final-sigma";
import { cutTokens, tokenCount } from "./tokens";
import {
  ALONE,
  BARRIER,
  DROP,
  FIRST_MAPPING,
  HANGUL,
  KEEP,
  KIND_MASK,
  MAPPINGS,
  SIGMA,
  SPACE,
} from "./unicode-tables.generated";
import { addSingle, append, appendReordered, finishWord, setBarrier } from "./word";

/** Adds the tokens of a text, the first `limit` of them. */
export function addText(start: usize, end: usize, limit: u32): void {
  const before = tokenCount();
  let position = start;
  while (position < end && tokenCount() - before < limit) {
    const unit: u32 = load<u16>(position);
    if (unit - 0x4e00 <= 0x9fff - 0x4e00) {
      finishWord();
      addSingle(unit);
      position += 2;
      continue;
    }
    const codePoint = codePointAt(position, end);
    const kind = entryOf(codePoint) & KIND_MASK;
    if (kind === SPACE) finishWord();
    else if (kind === BARRIER) setBarrier();
    else if (kind === HANGUL) addHangul(codePoint);
    else if (kind === SIGMA) append(isFinalSigma(position, start, end) ? 0x3c2 : 0x3c3);
    else if (kind >= FIRST_MAPPING) addMapping(kind - FIRST_MAPPING);
    else if (kind !== DROP) addNormalised(codePoint, kind);
    position += sizeOf(codePoint);
  }
  finishWord();
  if (tokenCount() - before > limit) cutTokens(before + limit);
}

/** Adds a code point that is its own normal form. */
function addNormalised(codePoint: u32, kind: u32): void {
  if (kind === KEEP) {
    append(codePoint);
  } else if (kind === ALONE) {
    finishWord();
    addSingle(codePoint);
  } else {
    appendReordered(codePoint, kind);
  }
}

function addMapping(place: u32): void {
  let position = MAPPINGS + ((<usize>place) << 1);
  const end = position + 2 + ((<usize>load<u16>(position)) << 1);
  position += 2;
  while (position < end) {
    const codePoint = codePointAt(position, end);
    addNormalised(codePoint, entryOf(codePoint) & KIND_MASK);
    position += sizeOf(codePoint);
  }
}

/** A syllable is a leading consonant, a vowel and perhaps a trailing consonant: 21 vowels, 27 consonants or none. */
function addHangul(syllable: u32): void {
  const index = syllable - 0xac00;
  const trailing = index % 28;
  append(0x1100 + index / (21 * 28));
  append(0x1161 + ((index / 28) % 21));
  if (trailing !== 0) append(0x11a7 + trailing);
}
