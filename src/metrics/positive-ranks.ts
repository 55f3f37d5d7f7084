/** What stands at and above one score that at least one positive has. */
export interface PositiveRank {
  readonly score: number;
  /** Positives with exactly this score. */
  readonly positives: number;
  /** All items with exactly this score, positives included. */
  readonly items: number;
  /** Positives with a higher score. */
  readonly positivesAbove: number;
  /** All items with a higher score. */
  readonly itemsAbove: number;
}

/**
 * Counts where positives rank among all items, without sorting the items: precision at a positive's rank needs only how
 * many items have at least its score. Takes O(log positives) time an item and O(positives) memory.
 */
export class PositiveRanks {
  /** The scores that positives may have, ascending, each once. */
  readonly #scores: Float64Array;
  /** Items by slot: 2 i + 1 for those of exactly score i, 2 i for those between the scores i - 1 and i. */
  readonly #items: Uint32Array;
  /** Positives by slot. */
  readonly #positives: Uint32Array;

  /** @param positiveScores in any order; every positive that is counted must have one of them */
  constructor(positiveScores: ArrayLike<number>) {
    const sorted = Float64Array.from(positiveScores).sort();
    this.#scores = sorted.filter((score, index) => index === 0 || score !== sorted[index - 1]);
    this.#items = new Uint32Array(2 * this.#scores.length + 1);
    this.#positives = new Uint32Array(2 * this.#scores.length + 1);
  }

  /** Counts an item, positive or not. */
  count(score: number): void {
    this.countSlot(this.slotOf(score));
  }

  /** Counts an item as positive too. */
  countPositive(score: number): void {
    this.countPositiveSlot(this.slotOf(score));
  }

  /** Where a score is counted: to be found once for a score that is counted many times. */
  slotOf(score: number): number {
    let low = 0;
    let high = this.#scores.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#scores[middle] as number) < score) low = middle + 1;
      else high = middle;
    }
    return 2 * low + (this.#scores[low] === score ? 1 : 0);
  }

  countSlot(slot: number): void {
    this.#items[slot] = (this.#items[slot] as number) + 1;
  }

  countPositiveSlot(slot: number): void {
    this.#positives[slot] = (this.#positives[slot] as number) + 1;
  }

  /** Forgets what was counted. */
  clear(): void {
    this.#items.fill(0);
    this.#positives.fill(0);
  }

  /** One entry a distinct score of a positive, the highest first. */
  result(): PositiveRank[] {
    const ranks: PositiveRank[] = [];
    let positivesAbove = 0;
    let itemsAbove = 0;
    for (let slot = this.#items.length - 1; slot >= 0; slot--) {
      const items = this.#items[slot] as number;
      const positives = this.#positives[slot] as number;
      const score = this.#scores[slot >>> 1] as number;
      if (positives > 0) ranks.push({ score, positives, items, positivesAbove, itemsAbove });
      positivesAbove += positives;
      itemsAbove += items;
    }
    return ranks;
  }
}

/**
 * Average precision as scikit-learn defines it: the sum over thresholds of (recall gained) * precision, where all items
 * of one score are taken in together. Without positives it is NaN.
 */
export function thresholdAveragePrecision(ranks: readonly PositiveRank[]): number {
  let sum = 0;
  let total = 0;
  for (const { positives, items, positivesAbove, itemsAbove } of ranks) {
    sum += (positives * (positivesAbove + positives)) / (itemsAbove + items);
    total += positives;
  }
  return sum / total;
}

/**
 * The sum, over the positives of a ranking, of the precision at each one's place. Where items have the same score it
 * is the mean over all orders in which they could stand, so the order of the input never matters.
 *
 * Among m tied items with t positives, below a items with p positives, the i-th place (from 1) holds a positive with
 * chance t / m, and (i - 1)(t - 1) / (m - 1) further positives stand before it on average.
 */
export function sumOfPrecisions(ranks: readonly PositiveRank[]): number {
  let sum = 0;
  for (const { positives, items, positivesAbove, itemsAbove } of ranks) {
    const othersEach = items > 1 ? (positives - 1) / (items - 1) : 0;
    for (let before = 0; before < items; before++) {
      sum += ((positives / items) * (positivesAbove + 1 + before * othersEach)) / (itemsAbove + before + 1);
    }
  }
  return sum;
}
