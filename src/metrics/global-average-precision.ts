import { checkedTrueClasses, expectCount, expectSameOption } from "./checked-video.ts";
import { RankedList } from "./ranked-list.ts";
import { topClasses } from "./top-classes.ts";

export interface GlobalAveragePrecisionOptions {
  /** How many of a video's scores enter the ranking, the highest; 20 unless told. */
  readonly k?: number;
  /**
   * Keeps only this many items of the whole ranking, the best, and divides by no more positives than that: YouTube-8M's
   * top_n. Without it all are kept, k a video.
   */
  readonly topN?: number;
}

/**
 * GAP@k, global average precision, streaming: the k highest scores of every video, all in one ranking:
 * (sum over ranks i that hold a true label of precision(i)) / (number of true labels of all videos).
 *
 * Of a video's equal scores the lower class index enters. Equal scores in the ranking count as the mean over all their
 * orders; the original shuffles them once. Without any true label it is 0.
 *
 * Memory: 9 bytes for each of k scores a video, or, with topN, 36 bytes for each of topN at most.
 *
 * Source: YouTube-8M's eval_util.py, calculate_gap, and average_precision_calculator.py.
 */
export class GlobalAveragePrecision {
  readonly #k: number;
  readonly #topN: number | undefined;
  readonly #ranking: RankedList;
  #positives = 0;
  #videos = 0;

  constructor({ k = 20, topN }: GlobalAveragePrecisionOptions = {}) {
    expectCount("GlobalAveragePrecision: k", k);
    if (topN !== undefined) expectCount("GlobalAveragePrecision: topN", topN);
    this.#k = k;
    this.#topN = topN;
    this.#ranking = new RankedList(topN);
  }

  /**
   * Adds a video.
   *
   * @param scores [numClasses], higher is likelier
   * @param trueClasses indices of the true labels
   * @throws RangeError when a score is NaN or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const labels = checkedTrueClasses("GlobalAveragePrecision", this.#videos, scores, trueClasses);
    this.#videos++;
    this.#positives += labels.length;
    for (const label of topClasses(scores, this.#k)) this.#ranking.add(scores[label] as number, labels.includes(label));
  }

  /**
   * Adds the videos of another one, as if they had been added here.
   *
   * @throws RangeError when it has another k or topN
   */
  merge(other: GlobalAveragePrecision): void {
    expectSameOption("GlobalAveragePrecision: k", this.#k, other.#k);
    expectSameOption("GlobalAveragePrecision: topN", this.#topN, other.#topN);
    this.#ranking.merge(other.#ranking);
    this.#positives += other.#positives;
    this.#videos += other.#videos;
  }

  result(): number {
    return this.#ranking.averagePrecision(this.#positives);
  }
}
