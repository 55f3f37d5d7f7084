import type { CanonicalRanks } from "./canonical-ranks.ts";
import { KINDS } from "./kinds.ts";

export type Classification = {
  /** For every code point: its kind and flags, as in kinds.ts. */
  readonly entries: Uint16Array;
  /** One mapping after another: the number of its UTF-16 units, then the units. */
  readonly mappings: readonly number[];
};

/** The ideographs that BERT sets apart. */
const IDEOGRAPHS = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b820, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
] as const;

export function classifyCodePoints({ isReordered, ranks }: CanonicalRanks): Classification {
  const entries = new Uint16Array(0x110000);
  const mappings: number[] = [];
  const places = new Map<string, number>();

  for (let codePoint = 0; codePoint < entries.length; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    entries[codePoint] = kindOf(character) | flagsOf(character);
  }
  for (const target of places.keys()) {
    for (const part of target) check(isFinal(part), `${part} is the result of a mapping and would change once more`);
  }
  for (let codePoint = 0x4e00; codePoint <= 0x9fff; codePoint++) {
    check(entries[codePoint] === KINDS.ALONE, "the tokenizer takes U+4E00 to U+9FFF as they are, without looking");
  }
  return { entries, mappings };

  function kindOf(character: string): number {
    if (isSpace(character)) return KINDS.SPACE;
    if (isCleanedAway(character)) return KINDS.DROP;
    if (/^[\uac00-\ud7a3]$/.test(character)) return KINDS.HANGUL;
    if (character === "\u03a3") return KINDS.SIGMA;

    const normalised = [...character.toLowerCase().normalize("NFD")];
    const result = normalised.filter((part) => !isMark(part)).join("");
    if (result === "") return normalised.every(isReordered) ? KINDS.DROP : KINDS.BARRIER;

    checkNoHiddenBarrier(normalised);
    // The tokenizer sets ideographs apart after the mapping, BERT before it.
    check(isIdeograph(character) === [...result].some(isIdeograph), `${character} becomes an ideograph, or is no more`);
    if (result !== character) return KINDS.FIRST_MAPPING + placeOfMapping(result);
    if (isIdeograph(character) || isPunctuation(character)) return KINDS.ALONE;
    const rank = ranks.get(character);
    return rank === undefined ? KINDS.KEEP : KINDS.FIRST_REORDERED + rank;
  }

  function placeOfMapping(result: string): number {
    const known = places.get(result);
    if (known !== undefined) return known;
    const place = mappings.length;
    check(KINDS.FIRST_MAPPING + place <= KINDS.KIND_MASK, "there are too many mappings for 14 bits");
    mappings.push(result.length);
    for (let index = 0; index < result.length; index++) mappings.push(result.charCodeAt(index));
    places.set(result, place);
    return place;
  }

  /** Dropping a barrier from a decomposition is harmless when all that stays holds back the others as well. */
  function checkNoHiddenBarrier(normalised: readonly string[]): void {
    const hasBarrier = normalised.some((part) => isMark(part) && !isReordered(part));
    const keepsReordered = normalised.some((part) => !isMark(part) && isReordered(part));
    check(!(hasBarrier && keepsReordered), `${normalised.join("")} has a mark that must not be dropped early`);
  }

  function isFinal(character: string): boolean {
    const kind = (entries[character.codePointAt(0) ?? 0] ?? 0) & KINDS.KIND_MASK;
    return kind === KINDS.KEEP || kind === KINDS.ALONE || (kind >= KINDS.FIRST_REORDERED && kind < KINDS.FIRST_MAPPING);
  }
}

function flagsOf(character: string): number {
  const ignorable = isCleanedAway(character) || /^\p{Case_Ignorable}$/u.test(character);
  return (ignorable ? KINDS.IGNORABLE : 0) | (/^\p{Cased}$/u.test(character) ? KINDS.CASED : 0);
}

/** U+2028 and U+2029 are not spaces to BERT's cleaning, but Python splits at them right after it. */
function isSpace(character: string): boolean {
  return /^[\t\n\r\p{Z}]$/u.test(character);
}

function isCleanedAway(character: string): boolean {
  return /^[\ufffd\p{C}]$/u.test(character) && !isSpace(character);
}

function isMark(character: string): boolean {
  return /^\p{Mn}$/u.test(character);
}

/** BERT counts all of ASCII's signs, among them those that Unicode calls symbols. */
function isPunctuation(character: string): boolean {
  return /^[!-/:-@[-`{-~\p{P}]$/u.test(character);
}

function isIdeograph(character: string): boolean {
  const codePoint = character.codePointAt(0) ?? 0;
  return IDEOGRAPHS.some(([first, last]) => codePoint >= first && codePoint <= last);
}

function check(condition: boolean, problem: string): void {
  const { unicode } = process.versions;
  if (!condition) throw new Error(`Unicode ${unicode} does not fit the tables: ${problem}.`);
}
