import type { RowKind } from "../planted/planted-world.ts";

const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const MARKS: Readonly<Record<RowKind, string>> = { label: "L", distractor: "d", noise: "." };

/** Attention weights over time as a line of bars, the highest weight full. */
export function attentionLine(weights: ArrayLike<number>): string {
  const values = Array.from(weights);
  const highest = Math.max(...values);
  return values.map((weight) => HEIGHTS[Math.min(7, Math.floor((8 * weight) / highest))]).join("");
}

/** What each row really shows, to be read under the bars. */
export function truthLine(kinds: readonly RowKind[]): string {
  return kinds.map((kind) => MARKS[kind]).join("");
}

/** How much of the attention lies on the rows whose segment is a label. */
export function massOnLabels(weights: ArrayLike<number>, kinds: readonly RowKind[]): number {
  return Array.from(weights).reduce((sum, weight, row) => (kinds[row] === "label" ? sum + weight : sum), 0);
}
