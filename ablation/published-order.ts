import { type Comparison, compareRows } from "./comparison.ts";
import { PUBLISHED_ORDER } from "./contrasts.ts";
import { percent } from "./format.ts";
import type { RowName } from "./plan.ts";
import { hitSpread, ofRow, type WorldResults } from "./summary.ts";

/** What McNemar's p of a single seed must stay below. */
const SIGNIFICANT = 0.01;

/** Whether the order that the original publishes came out in a world, in a sentence. */
export function orderVerdict({ world, results }: WorldResults): string {
  const comparisons = PUBLISHED_ORDER.map(({ better, worse }) =>
    compareRows(ofRow(results, better), ofRow(results, worse)),
  );
  if (comparisons.includes(undefined)) return `World ${world}: not all rows of the order are trained.`;
  const rows = [PUBLISHED_ORDER[0]?.worse, ...PUBLISHED_ORDER.map(({ better }) => better)] as RowName[];
  const means = rows.map((name) => percent(hitSpread(ofRow(results, name), 1).mean)).join(", ");
  const seeds = (comparisons as Comparison[]).map((comparison) => comparison.seeds).join(" and ");
  const verdict = verdictOf(comparisons as Comparison[]);
  return `**World ${world}: the published order ${verdict}.** Pairs of seeds: ${seeds}. Hit@1 in that order: ${means}.`;
}

function verdictOf(comparisons: readonly Comparison[]): string {
  if (comparisons.some(({ points }) => points <= 0)) return "does not come out";
  if (comparisons.some(({ interval }) => interval.lower <= 0)) return "comes out, but not with p < 0.01";
  const isEachSeedCertain = comparisons.every(
    ({ seeds, seedsWon, worstP }) => seedsWon === seeds && worstP < SIGNIFICANT,
  );
  if (isEachSeedCertain) return "comes out with p < 0.01, in every single seed too";
  return "comes out with p < 0.01 over seeds and videos, but not in every single seed";
}
