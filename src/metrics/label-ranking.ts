import { checkedTrueClasses } from "./checked-video.ts";
import { ExactSum } from "./exact-sum.ts";
import { type PositiveRank, PositiveRanks, thresholdAveragePrecision } from "./positive-ranks.ts";

export interface LabelRankingResult {
  /** The mean over a video's true labels of (true labels ranked at or above it) / (labels ranked at or above it). */
  readonly averagePrecision: number;
  /** The share of pairs of a true and a false label in which the false one scores as high or higher. */
  readonly loss: number;
  /** How far down the ranking all true labels are found: labels that score at least as high as the lowest true one. */
  readonly coverage: number;
}

/**
 * How well each video's labels are ranked, streaming: label ranking average precision, ranking loss and coverage, each the
 * mean over videos. Of equal scores each counts as ranked above the other. A video without a true label, or without a
 * false one, has the average precision 1 and the loss 0; without a true one its coverage is 0. No videos give NaN.
 * Keeps a few numbers.
 *
 * Source: scikit-learn's _ranking.py: label_ranking_average_precision_score, label_ranking_loss, coverage_error.
 */
export class LabelRanking {
  readonly #averagePrecision = new ExactSum();
  readonly #loss = new ExactSum();
  #coverage = 0;
  #videos = 0;

  /**
   * Adds a video.
   *
   * @param scores [numClasses], higher is likelier
   * @param trueClasses indices of the true labels
   * @throws RangeError when a score is NaN or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const labels = checkedTrueClasses("LabelRanking", this.#videos, scores, trueClasses);
    this.#videos++;
    const ranks = ranksOf(scores, labels);
    const lowest = ranks.at(-1);
    if (lowest) this.#coverage += lowest.itemsAbove + lowest.items;
    const pairs = labels.length * (scores.length - labels.length);
    this.#averagePrecision.add(pairs === 0 ? 1 : thresholdAveragePrecision(ranks));
    if (pairs > 0) this.#loss.add(misorderedPairs(ranks) / pairs);
  }

  /** Adds the videos of another one, as if they had been added here. */
  merge(other: LabelRanking): void {
    this.#averagePrecision.merge(other.#averagePrecision);
    this.#loss.merge(other.#loss);
    this.#coverage += other.#coverage;
    this.#videos += other.#videos;
  }

  result(): LabelRankingResult {
    const videos = this.#videos;
    return {
      averagePrecision: this.#averagePrecision.value / videos,
      loss: this.#loss.value / videos,
      coverage: this.#coverage / videos,
    };
  }
}

function ranksOf(scores: ArrayLike<number>, labels: readonly number[]): PositiveRank[] {
  const positiveScores = labels.map((label) => scores[label] as number);
  const ranks = new PositiveRanks(positiveScores);
  for (let index = 0; index < scores.length; index++) ranks.count(scores[index] as number);
  for (const score of positiveScores) ranks.countPositive(score);
  return ranks.result();
}

function misorderedPairs(ranks: readonly PositiveRank[]): number {
  return ranks.reduce((sum, { positives, items, positivesAbove, itemsAbove }) => {
    const falseAtOrAbove = itemsAbove + items - positivesAbove - positives;
    return sum + positives * falseAtOrAbove;
  }, 0);
}
