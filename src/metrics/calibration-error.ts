import { checkedTrueClasses, expectCount, expectSameOption } from "./checked-video.ts";
import { ExactSum } from "./exact-sum.ts";

/** One bin of a calibration plot. */
export interface ReliabilityBin {
  /** Holds the scores in [lower, upper); the last bin holds 1 too. */
  readonly lower: number;
  readonly upper: number;
  /** Pairs of video and class. */
  readonly count: number;
  /** NaN in an empty bin. */
  readonly meanScore: number;
  /** The share of the pairs whose label is true; NaN in an empty bin. */
  readonly frequency: number;
}

export interface CalibrationErrorResult {
  /** NaN without videos. */
  readonly error: number;
  /** From 0 to 1. */
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Expected calibration error, streaming: ECE = sum over bins of (count / all) * |frequency - mean score|, with bins of
 * equal width over [0, 1]. Every pair of video and class is one prediction (multi-label, flattened), so with many
 * classes the bin of the lowest scores outweighs the others: look at the bins too. Keeps a few numbers per bin.
 *
 * Source: Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning (AAAI 2015); 15 bins as in
 * arXiv:1706.04599 (whose bins are open below and closed above).
 */
export class CalibrationError {
  readonly #counts: Float64Array;
  readonly #scores: readonly ExactSum[];
  readonly #positives: Float64Array;
  #videos = 0;

  constructor(bins = 15) {
    expectCount("CalibrationError: bins", bins);
    this.#counts = new Float64Array(bins);
    this.#scores = Array.from({ length: bins }, () => new ExactSum());
    this.#positives = new Float64Array(bins);
  }

  /**
   * Adds a video.
   *
   * @param scores [numClasses], probabilities
   * @param trueClasses indices of the true labels
   * @throws RangeError when a score is not in [0, 1] or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const labels = checkedTrueClasses("CalibrationError", this.#videos, scores, trueClasses);
    for (let label = 0; label < scores.length; label++) {
      const score = scores[label] as number;
      if (score >= 0 && score <= 1) continue;
      throw new RangeError(
        `CalibrationError: video ${this.#videos} must have probabilities. Got ${score} for class ${label}.`,
      );
    }
    this.#videos++;
    for (let label = 0; label < scores.length; label++) {
      const score = scores[label] as number;
      const bin = this.#binOf(score);
      this.#counts[bin] = (this.#counts[bin] as number) + 1;
      this.#scores[bin]?.add(score);
    }
    for (const label of labels) {
      const bin = this.#binOf(scores[label] as number);
      this.#positives[bin] = (this.#positives[bin] as number) + 1;
    }
  }

  /**
   * Adds the videos of another one, as if they had been added here.
   *
   * @throws RangeError when it has another number of bins
   */
  merge(other: CalibrationError): void {
    expectSameOption("CalibrationError: bins", this.#counts.length, other.#counts.length);
    this.#videos += other.#videos;
    for (const [bin, sum] of this.#scores.entries()) {
      this.#counts[bin] = (this.#counts[bin] as number) + (other.#counts[bin] as number);
      this.#positives[bin] = (this.#positives[bin] as number) + (other.#positives[bin] as number);
      sum.merge(other.#scores[bin] as ExactSum);
    }
  }

  result(): CalibrationErrorResult {
    const width = 1 / this.#counts.length;
    const all = this.#counts.reduce((sum, count) => sum + count, 0);
    let gaps = 0;
    const bins = Array.from(this.#counts, (count, bin): ReliabilityBin => {
      const positives = this.#positives[bin] as number;
      const score = (this.#scores[bin] as ExactSum).value;
      gaps += Math.abs(positives - score);
      const upper = bin === this.#counts.length - 1 ? 1 : (bin + 1) * width;
      return { lower: bin * width, upper, count, meanScore: score / count, frequency: positives / count };
    });
    return { error: gaps / all, bins };
  }

  #binOf(score: number): number {
    return Math.min(this.#counts.length - 1, Math.floor(score * this.#counts.length));
  }
}
