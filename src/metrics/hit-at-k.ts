import { checkedTrueClasses, expectCount, expectSameOption } from "./checked-video.ts";

/**
 * Hit@k, streaming: the share of videos of which at least one true label is among the k highest scores. Of equal
 * scores the lower class index ranks higher. A video without a true label counts as a miss; no videos give NaN.
 *
 * Source: MultimodalVideoTag's accuracy_metrics (there k is at most 10).
 */
export class HitAtK {
  readonly #hits: Map<number, number>;
  #videos = 0;

  /** @param ks whole numbers of 1 or more; one larger than the number of classes means all of them */
  constructor(ks: readonly number[]) {
    if (!Array.isArray(ks)) throw new TypeError(`HitAtK: ks must be a list. Got ${ks}.`);
    for (const k of ks) expectCount("HitAtK: k", k);
    this.#hits = new Map(ks.map((k) => [k, 0]));
  }

  /** How many videos have been added. */
  get videos(): number {
    return this.#videos;
  }

  /**
   * Adds a video.
   *
   * @param scores [numClasses], higher is likelier
   * @param trueClasses indices of the true labels
   * @throws RangeError when a score is NaN or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const rank = rankOfBest(scores, checkedTrueClasses("HitAtK", this.#videos, scores, trueClasses));
    this.#videos++;
    for (const [k, hits] of this.#hits) if (rank < k) this.#hits.set(k, hits + 1);
  }

  /**
   * Adds the videos of another one, as if they had been added here.
   *
   * @throws RangeError when it has other ks
   */
  merge(other: HitAtK): void {
    expectSameOption("HitAtK: ks", [...this.#hits.keys()], [...other.#hits.keys()]);
    this.#videos += other.#videos;
    for (const [k, hits] of other.#hits) this.#hits.set(k, (this.#hits.get(k) as number) + hits);
  }

  /** Hit@k of the videos so far, by k. */
  result(): Map<number, number> {
    return new Map([...this.#hits].map(([k, hits]) => [k, hits / this.#videos]));
  }
}

/** The place, from 0, of the true class that ranks highest; infinite when there is no true class. */
function rankOfBest(scores: ArrayLike<number>, trueClasses: readonly number[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (const trueClass of trueClasses) {
    const score = scores[trueClass] as number;
    let rank = 0;
    for (let index = 0; index < scores.length; index++) {
      const other = scores[index] as number;
      if (other > score || (other === score && index < trueClass)) rank++;
    }
    best = Math.min(best, rank);
  }
  return best;
}
