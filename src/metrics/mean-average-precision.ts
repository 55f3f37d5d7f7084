import { checkedTrueClasses, expectCount, expectSameOption } from "./checked-video.ts";
import { RankedList } from "./ranked-list.ts";
import { topClasses } from "./top-classes.ts";

export interface MeanAveragePrecisionOptions {
  readonly numClasses: number;
  /** How many of a video's scores enter the rankings of their classes, the highest; 20 unless told. */
  readonly k?: number;
  /**
   * Keeps only this many videos of each class, the best, and divides by no more positives than that: YouTube-8M's
   * top_n. Without it all are kept, k a video.
   */
  readonly topN?: number;
}

export interface MeanAveragePrecisionResult {
  /** Over the classes that have positives; NaN when none has. */
  readonly mean: number;
  /** [numClasses]; NaN for a class without positives, 0 for one whose positives are never among a video's best k. */
  readonly perClass: Float64Array;
}

/**
 * mAP as YouTube-8M defines it, streaming: a video enters the rankings of its k highest-scored classes;
 * AP(class) = (sum over ranks i that hold a positive of precision(i)) / (number of the class's positives);
 * the mean over the classes that have positives. For the mean over whole rankings see AveragePrecision.
 *
 * Of a video's equal scores the lower class index enters. Equal scores in a ranking count as the mean over all their
 * orders; the original shuffles them once.
 *
 * Memory: 9 bytes for each of k scores a video, or, with topN, 36 bytes for each of numClasses * topN at most.
 *
 * Source: YouTube-8M's eval_util.py, mean_average_precision_calculator.py and average_precision_calculator.py.
 */
export class MeanAveragePrecision {
  readonly #k: number;
  readonly #topN: number | undefined;
  readonly #rankings: readonly RankedList[];
  readonly #positives: Uint32Array;
  #videos = 0;

  constructor(options: MeanAveragePrecisionOptions) {
    expectCount("MeanAveragePrecision: numClasses", options?.numClasses);
    const { numClasses, k = 20, topN } = options;
    expectCount("MeanAveragePrecision: k", k);
    if (topN !== undefined) expectCount("MeanAveragePrecision: topN", topN);
    this.#k = k;
    this.#topN = topN;
    this.#rankings = Array.from({ length: numClasses }, () => new RankedList(topN));
    this.#positives = new Uint32Array(numClasses);
  }

  /**
   * Adds a video.
   *
   * @param scores [numClasses], higher is likelier
   * @param trueClasses indices of the true labels
   * @throws RangeError when there are not numClasses scores, a score is NaN, or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const numClasses = this.#rankings.length;
    const labels = checkedTrueClasses("MeanAveragePrecision", this.#videos, scores, trueClasses, numClasses);
    this.#videos++;
    for (const label of labels) this.#positives[label] = (this.#positives[label] as number) + 1;
    for (const label of topClasses(scores, this.#k)) {
      this.#rankings[label]?.add(scores[label] as number, labels.includes(label));
    }
  }

  /**
   * Adds the videos of another one, as if they had been added here.
   *
   * @throws RangeError when it has other classes, another k or topN
   */
  merge(other: MeanAveragePrecision): void {
    expectSameOption("MeanAveragePrecision: numClasses", this.#rankings.length, other.#rankings.length);
    expectSameOption("MeanAveragePrecision: k", this.#k, other.#k);
    expectSameOption("MeanAveragePrecision: topN", this.#topN, other.#topN);
    this.#videos += other.#videos;
    for (const [label, ranking] of this.#rankings.entries()) {
      ranking.merge(other.#rankings[label] as RankedList);
      this.#positives[label] = (this.#positives[label] as number) + (other.#positives[label] as number);
    }
  }

  result(): MeanAveragePrecisionResult {
    const perClass = Float64Array.from(this.#rankings, (ranking, label) => {
      const positives = this.#positives[label] as number;
      return positives === 0 ? Number.NaN : ranking.averagePrecision(positives);
    });
    return { mean: meanOfDefined(perClass), perClass };
  }
}

/** The mean of the values that are not NaN; NaN when there is none. */
export function meanOfDefined(values: Float64Array): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
