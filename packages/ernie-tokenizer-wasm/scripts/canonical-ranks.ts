import { KINDS } from "./kinds.ts";

/**
 * The canonical combining classes, seen through `normalize`, which is all that JavaScript shows of them: whether a code
 * point has one, and the order of those that outlive normalisation (that are not of category Mn).
 */
export type CanonicalRanks = {
  /** True for a code point with a combining class, which thus moves in the canonical ordering. */
  readonly isReordered: (character: string) => boolean;
  /** From 0 upwards in the order of the classes, for every code point that moves and is not of category Mn. */
  readonly ranks: ReadonlyMap<string, number>;
};

/** Of class 1, the lowest in use: it moves before all others. */
const LOWEST = "\u0334";
/** Of class 240, the highest in use: all others move before it. */
const HIGHEST = "\u0345";

export function canonicalRanks(): CanonicalRanks {
  const moving: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    if (/^[^\p{C}\p{Mn}]$/u.test(character) && character.normalize("NFD") === character && isReordered(character)) {
      moving.push(character);
    }
  }
  moving.sort((left, right) => Number(movesAfter(left, right)) - Number(movesAfter(right, left)));
  const ranks = new Map<string, number>();
  let rank = 0;
  moving.forEach((character, index) => {
    const before = moving[index - 1];
    if (before !== undefined && movesAfter(character, before)) rank++;
    ranks.set(character, rank);
  });
  if (KINDS.FIRST_REORDERED + rank >= KINDS.FIRST_MAPPING) throw new Error("There are more ranks than kinds for them.");
  return { isReordered, ranks };
}

/** For a character that is its own canonical decomposition. */
function isReordered(character: string): boolean {
  return movesAfter(character, LOWEST) || movesAfter(HIGHEST, character);
}

function movesAfter(left: string, right: string): boolean {
  return (left + right).normalize("NFD") !== left + right;
}
