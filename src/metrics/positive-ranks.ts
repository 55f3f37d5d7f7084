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
  /** The scores that positives have, ascending, each once. */
  readonly #scores: Float64Array;
  /** Positives by index of their score. */
  readonly #positives: Uint32Array;
  /** Items by index of the score that they have exactly. */
  readonly #items: Uint32Array;
  /** Items between two neighbouring scores, by the index of the higher; those above all come last. */
  readonly #between: Uint32Array;

  constructor(positiveScores: ArrayLike<number>) {
    const sorted = Float64Array.from(positiveScores).sort();
    const distinct = sorted.filter((score, index) => index === 0 || score !== sorted[index - 1]);
    this.#scores = distinct;
    this.#positives = new Uint32Array(distinct.length);
    this.#items = new Uint32Array(distinct.length);
    this.#between = new Uint32Array(distinct.length + 1);
    for (const score of sorted) increment(this.#positives, this.#place(score));
  }

  /** Counts an item, positive or not; every positive must be counted too. */
  count(score: number): void {
    const place = this.#place(score);
    increment(this.#scores[place] === score ? this.#items : this.#between, place);
  }

  /** One entry a distinct score of a positive, the highest first. */
  result(): PositiveRank[] {
    const ranks: PositiveRank[] = [];
    let positivesAbove = 0;
    let itemsAbove = this.#between[this.#scores.length] as number;
    for (let place = this.#scores.length - 1; place >= 0; place--) {
      const positives = this.#positives[place] as number;
      const items = this.#items[place] as number;
      ranks.push({ score: this.#scores[place] as number, positives, items, positivesAbove, itemsAbove });
      positivesAbove += positives;
      itemsAbove += items + (this.#between[place] as number);
    }
    return ranks;
  }

  /** The first index whose score is not below this one. */
  #place(score: number): number {
    let low = 0;
    let high = this.#scores.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#scores[middle] as number) < score) low = middle + 1;
      else high = middle;
    }
    return low;
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

function increment(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}
