import { meanOfDefined } from "./mean-average-precision.ts";
import { PositiveRanks, thresholdAveragePrecision } from "./positive-ranks.ts";
import { ScoreTable } from "./score-table.ts";

export interface AveragePrecisionResult {
  /** Over all pairs of video and class in one ranking; NaN when no label is true. */
  readonly micro: number;
  /** The mean over the classes that have positives; NaN when none has. */
  readonly macro: number;
  /** [numClasses]; NaN for a class without positives. */
  readonly perClass: Float64Array;
}

/**
 * Average precision over whole rankings, as scikit-learn's average_precision_score has it:
 * AP = sum over thresholds n of (recall(n) - recall(n - 1)) * precision(n); items of one score fall to one threshold.
 *
 * One difference: a class without positives is NaN and left out of the mean, where scikit-learn warns and counts 0.
 *
 * An exact average precision needs every score, so memory grows: see ScoreTable. GlobalAveragePrecision and
 * MeanAveragePrecision keep k scores a video, or topN in all.
 *
 * Source: scikit-learn's _ranking.py, average_precision_score.
 */
export class AveragePrecision {
  readonly #table: ScoreTable;

  constructor(numClasses: number) {
    this.#table = new ScoreTable(numClasses);
  }

  /**
   * Adds a video.
   *
   * @param scores [numClasses], higher is likelier
   * @param trueClasses indices of the true labels
   * @throws RangeError when there are not numClasses scores, a score is NaN, or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    this.#table.add(scores, trueClasses);
  }

  /**
   * Adds the videos of another one, as if they had been added here.
   *
   * @throws RangeError when it has another number of classes
   */
  merge(other: AveragePrecision): void {
    this.#table.merge(other.#table);
  }

  result(): AveragePrecisionResult {
    return averagePrecisions(this.#table);
  }
}

/** AveragePrecision of all videos of a table. */
export function averagePrecisions(table: ScoreTable): AveragePrecisionResult {
  const { micro, classes } = emptyRanks(table);
  for (const { scores, trueClasses } of table) {
    for (const [label, ranks] of classes.entries()) {
      const score = scores[label] as number;
      micro.count(score);
      ranks.count(score);
    }
    for (const label of trueClasses) {
      const score = scores[label] as number;
      micro.countPositive(score);
      classes[label]?.countPositive(score);
    }
  }
  return resultOf(micro, classes);
}

/**
 * AveragePrecision of any choice of a table's videos, each as often as it is named by index. The place of every score in
 * its rankings is found beforehand, so that a choice is measured by counting alone; that takes 8 bytes a score.
 */
export function averagePrecisionsOfChoices(table: ScoreTable): (videos: Iterable<number>) => AveragePrecisionResult {
  const { micro, classes } = emptyRanks(table);
  const { numClasses } = table;
  const microSlots = new Uint32Array(table.videos * numClasses);
  const classSlots = new Uint32Array(table.videos * numClasses);
  for (const { index, scores } of table) {
    for (const [label, ranks] of classes.entries()) {
      microSlots[index * numClasses + label] = micro.slotOf(scores[label] as number);
      classSlots[index * numClasses + label] = ranks.slotOf(scores[label] as number);
    }
  }
  return (videos) => {
    for (const ranks of [micro, ...classes]) ranks.clear();
    for (const video of videos) {
      const start = video * numClasses;
      for (let label = 0; label < numClasses; label++) {
        micro.countSlot(microSlots[start + label] as number);
        classes[label]?.countSlot(classSlots[start + label] as number);
      }
      for (const label of table.video(video).trueClasses) {
        micro.countPositiveSlot(microSlots[start + label] as number);
        classes[label]?.countPositiveSlot(classSlots[start + label] as number);
      }
    }
    return resultOf(micro, classes);
  };
}

function emptyRanks(table: ScoreTable): { micro: PositiveRanks; classes: PositiveRanks[] } {
  const positives: number[][] = Array.from({ length: table.numClasses }, () => []);
  for (const { scores, trueClasses } of table) {
    for (const label of trueClasses) positives[label]?.push(scores[label] as number);
  }
  return { micro: new PositiveRanks(positives.flat()), classes: positives.map((scores) => new PositiveRanks(scores)) };
}

function resultOf(micro: PositiveRanks, classes: readonly PositiveRanks[]): AveragePrecisionResult {
  const perClass = Float64Array.from(classes, (ranks) => thresholdAveragePrecision(ranks.result()));
  return { micro: thresholdAveragePrecision(micro.result()), macro: meanOfDefined(perClass), perClass };
}
