export { AveragePrecision, type AveragePrecisionResult, averagePrecisions } from "./average-precision.ts";
export { type BootstrapOptions, bootstrapIntervals, type Interval, type RandomIntegers } from "./bootstrap.ts";
export { CalibrationError, type CalibrationErrorResult, type ReliabilityBin } from "./calibration-error.ts";
export { GlobalAveragePrecision, type GlobalAveragePrecisionOptions } from "./global-average-precision.ts";
export { HitAtK } from "./hit-at-k.ts";
export { LabelRanking, type LabelRankingResult } from "./label-ranking.ts";
export {
  MeanAveragePrecision,
  type MeanAveragePrecisionOptions,
  type MeanAveragePrecisionResult,
} from "./mean-average-precision.ts";
export { fitPlattScaling, fitPlattScalings, type PlattScaling, plattScaled } from "./platt-scaling.ts";
export { PrecisionAtEqualRecall } from "./precision-at-equal-recall.ts";
export {
  type ClassCounts,
  PrecisionRecallF1,
  type PrecisionRecallF1Figures,
  type PrecisionRecallF1Result,
} from "./precision-recall-f1.ts";
export { type ScoredVideo, ScoreTable } from "./score-table.ts";
export { type McNemarResult, mcNemarTest, type PairedBootstrapResult, pairedBootstrap } from "./significance.ts";
export {
  type ClassMetrics,
  TaggingMetrics,
  type TaggingMetricsOptions,
  type TaggingMetricsResult,
} from "./tagging-metrics.ts";
export { fitTemperature, type Link, temperatureScaled } from "./temperature-scaling.ts";
export { heldOutThresholds, type ThresholdGoal, type TunedThreshold, tuneThresholds } from "./threshold-tuning.ts";
