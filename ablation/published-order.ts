import { type Comparison, compareRows } from "./comparison.ts";
import { PUBLISHED_ORDER } from "./contrasts.ts";
import { percent } from "./format.ts";
import type { RowName } from "./plan.ts";
import { hitSpread, ofRow, type WorldResults } from "./summary.ts";

/** Whether the order that the original publishes came out in a world, in a sentence. */
export function orderVerdict({ world, results }: WorldResults): string {
  const comparisons = PUBLISHED_ORDER.map(({ better, worse }) =>
    compareRows(ofRow(results, better), ofRow(results, worse)),
  );
  if (comparisons.includes(undefined)) return `World ${world}: not all rows of the order are trained.`;
  const rows = [PUBLISHED_ORDER[0]?.worse, ...PUBLISHED_ORDER.map(({ better }) => better)] as RowName[];
  const means = rows.map((name) => percent(hitSpread(ofRow(results, name), 1).mean)).join(", ");
  const verdict = verdictOf(comparisons as Comparison[]);
  return `**World ${world}: the published order ${verdict}.** Hit@1 in that order: ${means}.`;
}

function verdictOf(comparisons: readonly Comparison[]): string {
  if (comparisons.some(({ points }) => points <= 0)) return "does not come out";
  return comparisons.every(isCertain) ? "comes out with p < 0.01" : "comes out, but not with p < 0.01";
}

/** The interval over seeds and videos leaves out 0, and every single seed's test agrees. */
function isCertain({ interval, worstP, seeds, seedsWon }: Comparison): boolean {
  return interval.lower > 0 && seedsWon === seeds && worstP < 0.01;
}
