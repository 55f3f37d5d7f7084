import { type PositiveRank, PositiveRanks } from "./positive-ranks.ts";
import { type ClassCounts, precisionRecallF1 } from "./precision-recall-f1.ts";
import { ScoreTable } from "./score-table.ts";

/** What a class's threshold is to give: the best F1, or as much recall as a wanted precision leaves. */
export type ThresholdGoal =
  | { readonly kind: "best-f1" }
  | { readonly kind: "precision" /** Above 0, 1 at most. */; readonly precision: number };

/** A class's threshold, with what it gives on the videos that it was tuned on. */
export interface TunedThreshold extends ClassCounts {
  /** The label is predicted where score >= threshold. */
  readonly threshold: number;
  /** False where the goal could not be met and the fallback stands. */
  readonly tuned: boolean;
}

/**
 * A threshold for each class, tuned on validation scores. Every threshold is that of a positive's score: any other has the
 * recall of the next higher such score, with more false labels. It lies a ten-thousandth below the score, or half way to
 * the next lower one if that is nearer, since the last bits of a score differ from backend to backend.
 *
 * - `best-f1`: the threshold of the highest F1; of equal ones the highest threshold.
 * - `precision`: the lowest threshold whose precision is at least the wanted one.
 *
 * A class without positives, and one that reaches the wanted precision at no threshold, keeps the fallback.
 *
 * @param fallback the threshold that would stand without tuning; 0.5 unless told
 * @returns [numClasses]
 * @throws RangeError when the wanted precision is not in (0, 1], or the fallback is NaN
 */
export function tuneThresholds(table: ScoreTable, goal: ThresholdGoal, fallback = 0.5): TunedThreshold[] {
  if (goal.kind === "precision" && !(goal.precision > 0 && goal.precision <= 1)) {
    throw new RangeError(`tuneThresholds: precision must lie above 0 and be 1 at most. Got ${goal.precision}.`);
  }
  if (Number.isNaN(fallback)) throw new RangeError("tuneThresholds: fallback must be a number. Got NaN.");
  return Array.from({ length: table.numClasses }, (_, label) => {
    const { scores, truths } = table.column(label);
    const positives = scores.filter((_score, video) => truths[video] === 1);
    const ranks = new PositiveRanks(positives);
    for (const score of scores) ranks.count(score);
    for (const score of positives) ranks.countPositive(score);
    const chosen = chooseRank(ranks.result(), positives.length, goal);
    const threshold = chosen === undefined ? fallback : justBelow(chosen.score, scores);
    const support = positives.length;
    const predicted = scores.filter((score) => score >= threshold).length;
    const correct = positives.filter((score) => score >= threshold).length;
    const figures = precisionRecallF1(correct, predicted, support);
    return { threshold, tuned: chosen !== undefined, support, predicted, correct, ...figures };
  });
}

/**
 * Thresholds that a video had no part in: the first for videos at even places of the table, from 0, tuned on those at odd
 * places; the second the other way round. What they give, over all videos, is what tuned thresholds give on new videos,
 * or a little less: each is tuned on half as many.
 */
export function heldOutThresholds(
  table: ScoreTable,
  goal: ThresholdGoal,
  fallback?: number,
): readonly [even: readonly number[], odd: readonly number[]] {
  const halves = [new ScoreTable(table.numClasses), new ScoreTable(table.numClasses)] as const;
  for (const { index, scores, trueClasses } of table) halves[index % 2 === 0 ? 1 : 0].add(scores, trueClasses);
  const tuned = (half: ScoreTable) => tuneThresholds(half, goal, fallback).map(({ threshold }) => threshold);
  return [tuned(halves[0]), tuned(halves[1])];
}

/** A little less than one of the scores, and more than every lower one. */
function justBelow(score: number, scores: Float64Array): number {
  const gap = scores.reduce((least, other) => (other < score ? Math.min(least, score - other) : least), Infinity);
  return score - Math.min(gap / 2, 1e-4 * Math.abs(score));
}

function chooseRank(ranks: readonly PositiveRank[], support: number, goal: ThresholdGoal): PositiveRank | undefined {
  const figures = ranks.map(({ positives, items, positivesAbove, itemsAbove }) =>
    precisionRecallF1(positivesAbove + positives, itemsAbove + items, support),
  );
  if (goal.kind === "precision") return ranks[figures.findLastIndex(({ precision }) => precision >= goal.precision)];
  const best = Math.max(...figures.map(({ f1 }) => f1));
  return ranks[figures.findIndex(({ f1 }) => f1 === best)];
}
