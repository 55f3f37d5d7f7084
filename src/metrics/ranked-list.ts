import { PositiveRanks, sumOfPrecisions } from "./positive-ranks.ts";

/**
 * The items of a ranking, 9 bytes each: all of them, or the n of the highest scores in bounded memory (then, of items
 * of equal score at the cut, those that came first stay).
 */
export class RankedList {
  readonly #limit: number;
  #scores = new Float64Array(16);
  #positives = new Uint8Array(16);
  #length = 0;

  constructor(limit: number = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  add(score: number, positive: boolean): void {
    if (this.#length === this.#scores.length) {
      // A cut has to free half of the room, or every few items would cost another sorting.
      if (this.#length >= 2 * this.#limit) this.#cut();
      else this.#grow();
    }
    this.#scores[this.#length] = score;
    this.#positives[this.#length] = positive ? 1 : 0;
    this.#length++;
  }

  /** Adds the items of another list with the same limit, as if they had been added here. */
  merge(other: RankedList): void {
    // Those of one score stand in the order in which they came, also after a cut.
    const scores = other.#scores.slice(0, other.#length);
    const positives = other.#positives.slice(0, other.#length);
    for (const [place, score] of scores.entries()) this.add(score, positives[place] === 1);
  }

  /**
   * The precisions at the ranks of the positives, summed, over the smaller of the number of positives that there are
   * and the limit: YouTube-8M's ap_at_n. Without positives it is 0.
   *
   * @param positives how many positives there are, those that are not in the list included
   */
  averagePrecision(positives: number): number {
    if (positives === 0) return 0;
    if (this.#length > this.#limit) this.#cut();
    const scores = this.#scores.subarray(0, this.#length);
    const positiveScores = scores.filter((_, index) => this.#positives[index] === 1);
    const ranks = new PositiveRanks(positiveScores);
    for (const score of scores) ranks.count(score);
    for (const score of positiveScores) ranks.countPositive(score);
    return sumOfPrecisions(ranks.result()) / Math.min(positives, this.#limit);
  }

  #grow(): void {
    const scores = new Float64Array(this.#length * 2);
    const positives = new Uint8Array(this.#length * 2);
    scores.set(this.#scores);
    positives.set(this.#positives);
    this.#scores = scores;
    this.#positives = positives;
  }

  #cut(): void {
    const scores = this.#scores.slice();
    const positives = this.#positives.slice();
    const order = Uint32Array.from({ length: this.#length }, (_, index) => index);
    order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
    this.#length = this.#limit;
    for (let place = 0; place < this.#length; place++) {
      this.#scores[place] = scores[order[place] as number] as number;
      this.#positives[place] = positives[order[place] as number] as number;
    }
  }
}
