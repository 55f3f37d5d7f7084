/** Of a file that is not there. */
export const LOOKS_THE_SAME: string =
  "There is one that looks the same: only the Unicode normalization of its name differs (NFC, NFD).";

/** What is to be said where two texts look the same and are not: a sentence with a blank before it, or nothing. */
export function normalizationNote(first: string, second: string): string {
  if (first === second || first.normalize() !== second.normalize()) return "";
  return " They look the same: only their Unicode normalization differs (NFC, NFD).";
}
