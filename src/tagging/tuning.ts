import { expectOptions } from "../core/options.ts";
import { fitPlattScalings } from "../metrics/platt-scaling.ts";
import { ScoreTable } from "../metrics/score-table.ts";
import { fitTemperature } from "../metrics/temperature-scaling.ts";
import { type ThresholdGoal, type TunedThreshold, tuneThresholds } from "../metrics/threshold-tuning.ts";
import { type Calibration, calibratedScores } from "./calibration.ts";
import type { ScoredDataset } from "./scored-dataset.ts";
import { VideoTagger } from "./video-tagger.ts";

export interface TuningOptions {
  readonly goal: ThresholdGoal;
  /** What makes the scores that the thresholds are for. Default: the model's head alone. */
  readonly calibrate?: Calibration["kind"] | undefined;
  /** The threshold of a class for which the videos tell none. Default 0.5. */
  readonly fallback?: number;
}

/** A tagger that decides as validation videos say, and the thresholds that it decides by. */
export interface TunedTagger {
  /** With the model of the one that was tuned: dispose of one of them. */
  readonly tagger: VideoTagger;
  readonly thresholds: readonly TunedThreshold[];
  /** The videos' scores, calibrated where that was asked for. */
  readonly scores: ScoreTable;
}

/** Calibrates a tagger's scores, if asked to, and tunes its thresholds on validation videos. */
export function tuneTagger(
  tagger: VideoTagger,
  videos: Pick<ScoredDataset, "logits" | "scores">,
  options: TuningOptions,
): TunedTagger {
  expectOptions("tuneTagger", options, {
    needed: { goal: "object" },
    optional: { calibrate: ["temperature", "platt"], fallback: "number" },
  });
  const calibration = options.calibrate
    ? fitCalibration(videos.logits, options.calibrate, tagger.model.config.head)
    : tagger.config.calibration;
  const scores = options.calibrate ? recalibrated(videos.logits, calibration as Calibration, tagger) : videos.scores;
  const thresholds = tuneThresholds(scores, options.goal, options.fallback);
  const threshold = thresholds.map((each) => each.threshold);
  return { tagger: new VideoTagger({ ...tagger.config, threshold, calibration }), thresholds, scores };
}

function recalibrated(logits: ScoreTable, calibration: Calibration, { model }: VideoTagger): ScoreTable {
  const scores = new ScoreTable(logits.numClasses);
  for (const video of logits) {
    scores.add(calibratedScores(video.scores, calibration, model.config.head), video.trueClasses);
  }
  return scores;
}

function fitCalibration(logits: ScoreTable, kind: Calibration["kind"], head: "sigmoid" | "softmax"): Calibration {
  return kind === "temperature"
    ? { kind, temperature: fitTemperature(logits, head) }
    : { kind, scalings: fitPlattScalings(logits).map(({ slope, intercept }) => ({ slope, intercept })) };
}
