import { checkedTrueClasses, expectCount, expectSameOption } from "./checked-video.ts";
import { ExactSum } from "./exact-sum.ts";

export interface PrecisionRecallF1Figures {
  /** (predicted and true) / predicted. */
  readonly precision: number;
  /** (predicted and true) / true. */
  readonly recall: number;
  /** 2 (predicted and true) / (predicted + true). */
  readonly f1: number;
}

export interface ClassCounts extends PrecisionRecallF1Figures {
  /** Videos that have the label. */
  readonly support: number;
  /** Videos that are given the label. */
  readonly predicted: number;
  /** Videos that have it and are given it. */
  readonly correct: number;
}

export interface PrecisionRecallF1Result {
  /** From the counts of all classes together. */
  readonly micro: PrecisionRecallF1Figures;
  /** The mean over all classes. */
  readonly macro: PrecisionRecallF1Figures;
  /** The mean over videos; NaN when there is none. */
  readonly samples: PrecisionRecallF1Figures;
  /** [numClasses] */
  readonly perClass: readonly ClassCounts[];
}

const SAMPLE_FIGURES = ["precision", "recall", "f1"] as const;

/**
 * Precision, recall and F1 of the labels that a threshold gives, streaming. A label is predicted where its score reaches
 * the threshold (score >= threshold), as a VideoTagger does.
 *
 * Whatever would be 0 / 0 is 0, as scikit-learn has it: a class that is neither there nor predicted lowers the macro means,
 * and a video without a true and without a predicted label those over samples. Keeps three counts a class.
 *
 * Source: scikit-learn's precision_recall_fscore_support with zero_division=0.
 */
export class PrecisionRecallF1 {
  readonly #thresholds: Float64Array;
  readonly #support: Uint32Array;
  readonly #predicted: Uint32Array;
  readonly #correct: Uint32Array;
  readonly #samples = { precision: new ExactSum(), recall: new ExactSum(), f1: new ExactSum() };
  #videos = 0;

  /** @param thresholds one for all classes, or [numClasses] */
  constructor(numClasses: number, thresholds: number | ArrayLike<number> = 0.5) {
    expectCount("PrecisionRecallF1: numClasses", numClasses);
    this.#thresholds =
      typeof thresholds === "number" ? new Float64Array(numClasses).fill(thresholds) : Float64Array.from(thresholds);
    if (this.#thresholds.length !== numClasses || this.#thresholds.some(Number.isNaN)) {
      throw new RangeError(
        `PrecisionRecallF1: thresholds must be a number, or one for each of ${numClasses} classes. Got ${thresholds}.`,
      );
    }
    this.#support = new Uint32Array(numClasses);
    this.#predicted = new Uint32Array(numClasses);
    this.#correct = new Uint32Array(numClasses);
  }

  /**
   * Adds a video.
   *
   * @param scores [numClasses], higher is likelier
   * @param trueClasses indices of the true labels
   * @throws RangeError when there are not numClasses scores, a score is NaN, or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const thresholds = this.#thresholds;
    const labels = checkedTrueClasses("PrecisionRecallF1", this.#videos, scores, trueClasses, thresholds.length);
    this.#videos++;
    let predicted = 0;
    for (let label = 0; label < thresholds.length; label++) {
      if ((scores[label] as number) < (thresholds[label] as number)) continue;
      predicted++;
      increment(this.#predicted, label);
    }
    let correct = 0;
    for (const label of labels) {
      increment(this.#support, label);
      if ((scores[label] as number) < (thresholds[label] as number)) continue;
      correct++;
      increment(this.#correct, label);
    }
    const video = precisionRecallF1(correct, predicted, labels.length);
    for (const figure of SAMPLE_FIGURES) this.#samples[figure].add(video[figure]);
  }

  /**
   * Adds the videos of another one, as if they had been added here.
   *
   * @throws RangeError when it has other classes or thresholds
   */
  merge(other: PrecisionRecallF1): void {
    expectSameOption("PrecisionRecallF1: numClasses", this.#thresholds.length, other.#thresholds.length);
    expectSameOption("PrecisionRecallF1: thresholds", this.#thresholds, other.#thresholds);
    this.#videos += other.#videos;
    for (const [own, given] of [
      [this.#support, other.#support],
      [this.#predicted, other.#predicted],
      [this.#correct, other.#correct],
    ] as const) {
      for (const [label, count] of given.entries()) own[label] = (own[label] as number) + count;
    }
    for (const figure of SAMPLE_FIGURES) this.#samples[figure].merge(other.#samples[figure]);
  }

  result(): PrecisionRecallF1Result {
    const perClass = Array.from(this.#support, (support, label): ClassCounts => {
      const predicted = this.#predicted[label] as number;
      const correct = this.#correct[label] as number;
      return { support, predicted, correct, ...precisionRecallF1(correct, predicted, support) };
    });
    const total = (count: (one: ClassCounts) => number) => perClass.reduce((sum, one) => sum + count(one), 0);
    return {
      micro: precisionRecallF1(
        total((one) => one.correct),
        total((one) => one.predicted),
        total((one) => one.support),
      ),
      macro: {
        precision: total((one) => one.precision) / perClass.length,
        recall: total((one) => one.recall) / perClass.length,
        f1: total((one) => one.f1) / perClass.length,
      },
      samples: {
        precision: this.#samples.precision.value / this.#videos,
        recall: this.#samples.recall.value / this.#videos,
        f1: this.#samples.f1.value / this.#videos,
      },
      perClass,
    };
  }
}

/** The three figures of counts; 0 / 0 is 0. */
export function precisionRecallF1(correct: number, predicted: number, support: number): PrecisionRecallF1Figures {
  return {
    precision: ratio(correct, predicted),
    recall: ratio(correct, support),
    f1: ratio(2 * correct, predicted + support),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function increment(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}
