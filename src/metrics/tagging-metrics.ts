import { type AveragePrecisionResult, averagePrecisions, averagePrecisionsOfChoices } from "./average-precision.ts";
import { type BootstrapOptions, bootstrapIntervals, type Interval, type RandomIntegers } from "./bootstrap.ts";
import { expectCount } from "./checked-video.ts";
import { GlobalAveragePrecision } from "./global-average-precision.ts";
import { HitAtK } from "./hit-at-k.ts";
import { LabelRanking } from "./label-ranking.ts";
import { MeanAveragePrecision } from "./mean-average-precision.ts";
import { PrecisionAtEqualRecall } from "./precision-at-equal-recall.ts";
import { type ClassCounts, PrecisionRecallF1 } from "./precision-recall-f1.ts";
import { type ScoredVideo, ScoreTable } from "./score-table.ts";

export interface TaggingMetricsOptions {
  readonly numClasses: number;
  /** The k of Hit@k; 1, 2, 3 and 5 unless told. */
  readonly hitsAt?: readonly number[];
  /** How many of a video's scores count for YouTube-8M's GAP and mAP; 20 unless told. */
  readonly topK?: number;
  /** From where on a label is predicted: one for all classes, or [numClasses]; 0.5 unless told. */
  readonly thresholds?: number | ArrayLike<number>;
}

/** A row of the per-class table. */
export interface ClassMetrics extends ClassCounts {
  /** Over the whole ranking of the videos; NaN without positives. */
  readonly averagePrecision: number;
}

export interface TaggingMetricsResult {
  readonly videos: number;
  /**
   * By name: `Hit@k` for each k, `PERR`, `GAP@k` and `mAP@k` (YouTube-8M's); `mAP` and `micro AP` (scikit-learn's, over whole
   * rankings); `micro F1`, `micro precision`, `micro recall`, the same with `macro` and `samples`; `label ranking AP`,
   * `ranking loss`, `coverage`.
   */
  readonly figures: Readonly<Record<string, number>>;
  /** [numClasses] */
  readonly classes: readonly ClassMetrics[];
}

/**
 * Every metric of this room at once, with a table of classes and, on request, confidence intervals. What each figure
 * means, and what it makes of ties, empty classes and videos without labels, stands at its own class.
 *
 * Keeps all scores (see ScoreTable) because average precision and resampling need them; where that is too much, use the
 * classes of the single metrics.
 */
export class TaggingMetrics {
  readonly #options: TaggingMetricsOptions;
  readonly #table: ScoreTable;

  constructor(options: TaggingMetricsOptions) {
    expectCount("TaggingMetrics: numClasses", options?.numClasses);
    this.#options = options;
    this.#table = new ScoreTable(options.numClasses);
    // An option that is wrong is better refused now than after hours of evaluation.
    measure([], options);
  }

  /** The videos so far, for thresholds and calibration. */
  get table(): ScoreTable {
    return this.#table;
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
   * Adds the videos of another one, as if they had been added here; this one's options count.
   *
   * @throws RangeError when it has another number of classes
   */
  merge(other: TaggingMetrics): void {
    this.#table.merge(other.#table);
  }

  result(): TaggingMetricsResult {
    const { figures, counts } = measure(this.#table, this.#options);
    const rankings = averagePrecisions(this.#table);
    const classes = counts.map((one, label) => ({ ...one, averagePrecision: rankings.perClass[label] as number }));
    return { videos: this.#table.videos, figures: { ...figures, ...figuresOf(rankings) }, classes };
  }

  /**
   * A bootstrap confidence interval for each of the figures. Every resample measures all videos anew: 1000 resamples of
   * 2000 videos with 110 classes take about a minute.
   *
   * @throws RangeError when no video has been added, or an option is out of its range
   */
  intervals(random: RandomIntegers, options?: BootstrapOptions): Readonly<Record<string, Interval>> {
    const averagePrecisionsOf = averagePrecisionsOfChoices(this.#table);
    const figuresOfChoice = (drawn: Iterable<ScoredVideo>) => {
      const videos = [...drawn];
      const rankings = averagePrecisionsOf(videos.map(({ index }) => index));
      return { ...measure(videos, this.#options).figures, ...figuresOf(rankings) };
    };
    return bootstrapIntervals<string>(this.#table, figuresOfChoice, random, options);
  }
}

function figuresOf({ macro, micro }: AveragePrecisionResult): Record<string, number> {
  return { mAP: macro, "micro AP": micro };
}

/** All but average precision over whole rankings. */
function measure(videos: Iterable<ScoredVideo>, options: TaggingMetricsOptions) {
  const { numClasses, hitsAt = [1, 2, 3, 5], topK = 20, thresholds = 0.5 } = options;
  const hits = new HitAtK(hitsAt);
  const equalRecall = new PrecisionAtEqualRecall();
  const global = new GlobalAveragePrecision({ k: topK });
  const mean = new MeanAveragePrecision({ numClasses, k: topK });
  const ranking = new LabelRanking();
  const thresholded = new PrecisionRecallF1(numClasses, thresholds);
  const metrics = [hits, equalRecall, global, mean, ranking, thresholded];
  for (const { scores, trueClasses } of videos) {
    for (const metric of metrics) metric.add(scores, trueClasses);
  }
  const { perClass: counts, ...means } = thresholded.result();
  const { averagePrecision, loss, coverage } = ranking.result();
  const figures: Record<string, number> = {};
  for (const [k, share] of hits.result()) figures[`Hit@${k}`] = share;
  figures["PERR"] = equalRecall.result();
  figures[`GAP@${topK}`] = global.result();
  figures[`mAP@${topK}`] = mean.result().mean;
  for (const [average, { precision, recall, f1 }] of Object.entries(means)) {
    figures[`${average} precision`] = precision;
    figures[`${average} recall`] = recall;
    figures[`${average} F1`] = f1;
  }
  Object.assign(figures, { "label ranking AP": averagePrecision, "ranking loss": loss, coverage });
  return { figures, counts };
}
