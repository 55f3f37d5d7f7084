import { distance } from "fastest-levenshtein";

const LONGEST_NAME = 100; // what is longer is no misspelling, and would take long to compare

/**
 * The known name that a misspelt one most likely means; undefined when none is within a third of its length, or has
 * anything in common with it.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  let nearest: string | undefined;
  let best = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < best && edits < Math.max(name.length, candidate.length)) {
      best = edits;
      nearest = candidate;
    }
  }
  return nearest;
}
