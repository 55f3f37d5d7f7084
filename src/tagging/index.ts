export { type AttendedRow, type AttendedRows, attendedRows, type FeatureTiming } from "./attended-rows.ts";
export { type AttentionSpan, attentionSpans, type RowTiming } from "./attention-spans.ts";
export type {
  BatchOptions,
  BatchTagger,
  LabelledVideo,
  ListedVideo,
  MeasuredBatch,
  TaggedDatasetVideo,
} from "./batch-tagger.ts";
export { type Calibration, calibratedScores } from "./calibration.ts";
export { type Evaluation, type EvaluationOptions, evaluateTagger } from "./evaluation.ts";
export { type Explanation, explainLogits } from "./explanation.ts";
export { MEMORY_BUDGET } from "./memory-budget.ts";
export { type ScoredDataset, scoreDataset } from "./scored-dataset.ts";
export { type ReadTaggerOptions, readTagger } from "./stored-tagger.ts";
export { type Tag, type TaggedVideo, type TagOptions, type Threshold, thresholdOf } from "./tagged-video.ts";
export {
  hasModality,
  type PreparedVideos,
  TaggerInputs,
  type TextPreprocessing,
  type TitleEncodingOptions,
  type TitleTokenizer,
  type VideoFeatures,
} from "./tagger-inputs.ts";
export { ernieTitleEncoder, type TitleEncoder } from "./title-encoder.ts";
export type { TitleEncodingStore } from "./title-encodings.ts";
export { type TunedTagger, type TuningOptions, tuneTagger } from "./tuning.ts";
export { type VideoCost, videoCost } from "./video-cost.ts";
export { VideoTagger, type VideoTaggerConfig } from "./video-tagger.ts";
