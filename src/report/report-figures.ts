import { bestEpoch, type RunEpoch } from "../formats/run-metrics.ts";
import { CalibrationError, type CalibrationErrorResult } from "../metrics/calibration-error.ts";
import { PrecisionRecallF1 } from "../metrics/precision-recall-f1.ts";
import { type ClassMetrics, TaggingMetrics } from "../metrics/tagging-metrics.ts";
import { findLabelMixUps, type LabelMixUps } from "./label-mix-ups.ts";
import type { RunReport } from "./run-report.ts";
import { videoLoss } from "./video-loss.ts";

/** All numbers of a report that are not in the run itself. */
export interface ReportFigures {
  /** The epoch that the best checkpoint is of; undefined before the first. */
  readonly best: RunEpoch | undefined;
  /** By name, the most important first; NaN where there is nothing to measure. */
  readonly headline: readonly Figure[];
  /** A label each. */
  readonly classes: readonly ClassFigures[];
  readonly calibration: CalibrationErrorResult;
  readonly mixUps: LabelMixUps;
  /** The loss of each video. */
  readonly videoLosses: readonly number[];
}

export interface Figure {
  readonly name: string;
  readonly value: number;
}

export interface ClassFigures extends ClassMetrics {
  readonly label: string;
  readonly threshold: number;
}

/** So many pairs of labels that are mixed up are listed. */
const MOST_MIX_UPS = 20;

/** The figures that stand first behind Hit@k, as the metrics call them. */
const RANKINGS = ["GAP@20", "mAP"];

/**
 * Measures a run's validation videos.
 *
 * @throws RangeError when a video's scores or the thresholds are not one a label, or a score is no probability
 */
export function computeFigures(report: RunReport): ReportFigures {
  const { epochs, labels, thresholds, heldOutThresholds, videos, head } = report;
  const best = bestEpoch(epochs);
  const hitsAt = Object.keys(best?.valid.hitAtK ?? {}).map(Number);
  const metrics = new TaggingMetrics({ numClasses: labels.length, ...(hitsAt.length > 0 && { hitsAt }) });
  const accuracy = new PrecisionRecallF1(labels.length);
  const calibration = new CalibrationError();
  const decided = videos.map(({ scores, classes }, index) => {
    metrics.add(scores, classes);
    calibration.add(scores.map(atMostOne), classes);
    const decisions = decide(scores, heldOutThresholds?.[index % 2] ?? thresholds);
    accuracy.add(decisions, classes);
    return { classes, decisions };
  });
  const { figures, classes } = metrics.result();
  const { micro, macro, perClass } = accuracy.result();
  const videoLosses = videos.map(({ scores, classes }) => videoLoss(scores, classes, head));
  const error = calibration.result();
  return {
    best,
    headline: [
      ...[...Object.keys(figures).filter((name) => name.startsWith("Hit@")), ...RANKINGS].map((name) => {
        return { name, value: figures[name] as number };
      }),
      { name: "micro F1", value: micro.f1 },
      { name: "macro F1", value: macro.f1 },
      { name: "loss a video", value: videoLosses.reduce((sum, loss) => sum + loss, 0) / videos.length },
      { name: "calibration error", value: error.error },
    ],
    classes: perClass.map((each, index) => {
      const { averagePrecision } = classes[index] as ClassMetrics;
      return { ...each, averagePrecision, label: labels[index] as string, threshold: thresholds[index] as number };
    }),
    calibration: error,
    mixUps: findLabelMixUps(decided, labels.length, MOST_MIX_UPS),
    videoLosses,
  };
}

/** 1 for each label whose score reaches its threshold, 0 for the others. */
function decide(scores: Float32Array, thresholds: readonly number[]): Uint8Array {
  if (thresholds.length !== scores.length) {
    throw new RangeError(`A report needs a threshold for each of ${scores.length} scores. Got ${thresholds.length}.`);
  }
  return Uint8Array.from(thresholds, (threshold, index) => Number((scores[index] as number) >= threshold));
}

/** A probability without the last bit by which float32 arithmetic may exceed 1. */
function atMostOne(score: number): number {
  return score > 1 && score < 1 + 1e-6 ? 1 : score;
}
