import { checkedTrueClasses } from "./checked-video.ts";
import { ExactSum } from "./exact-sum.ts";
import { topClasses } from "./top-classes.ts";

/**
 * PERR, precision at equal recall rate, streaming: of a video with n true labels, the share of true ones among its n
 * highest scores; the mean over videos. Of equal scores the lower class index ranks higher; a label whose score is not
 * above 0 never counts (as in the original). A video without a true label counts 0; no videos give NaN. Keeps a few numbers.
 *
 * Source: YouTube-8M's eval_util.py, calculate_precision_at_equal_recall_rate (there ties fall as they may).
 */
export class PrecisionAtEqualRecall {
  readonly #sum = new ExactSum();
  #videos = 0;

  /**
   * Adds a video.
   *
   * @param scores [numClasses], higher is likelier
   * @param trueClasses indices of the true labels
   * @throws RangeError when a score is NaN or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const labels = checkedTrueClasses("PrecisionAtEqualRecall", this.#videos, scores, trueClasses);
    this.#videos++;
    if (labels.length === 0) return;
    const top = topClasses(scores, labels.length);
    const right = top.filter((label) => (scores[label] as number) > 0 && labels.includes(label));
    this.#sum.add(right.length / labels.length);
  }

  /** Adds the videos of another one, as if they had been added here. */
  merge(other: PrecisionAtEqualRecall): void {
    this.#sum.merge(other.#sum);
    this.#videos += other.#videos;
  }

  result(): number {
    return this.#sum.value / this.#videos;
  }
}
