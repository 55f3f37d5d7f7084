import { codePointAt, entryOf, sizeOf } from "./code-points";
import { CASED, IGNORABLE } from "./unicode-tables.generated";

/**
 * Whether the capital sigma at a place ends its word: the nearest code point before it that is not ignorable is cased,
 * and the nearest one after it is not. Spaces and ideographs are neither, so the ends of the word need no test.
 */
export function isFinalSigma(position: usize, start: usize, end: usize): bool {
  return isCasedBefore(position, start, end) && !isCasedAfter(position + 2, end);
}

/** Surrogates alone are ignorable, so on the way back a pair counts where it begins, as what it is. */
function isCasedBefore(position: usize, start: usize, end: usize): bool {
  while (position > start) {
    position -= 2;
    const entry = entryOf(codePointAt(position, end));
    if (!(entry & IGNORABLE)) return (entry & CASED) !== 0;
  }
  return false;
}

function isCasedAfter(position: usize, end: usize): bool {
  while (position < end) {
    const codePoint = codePointAt(position, end);
    const entry = entryOf(codePoint);
    if (!(entry & IGNORABLE)) return (entry & CASED) !== 0;
    position += sizeOf(codePoint);
  }
  return false;
}
