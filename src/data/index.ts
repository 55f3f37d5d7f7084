export {
  collateLabels,
  collateLossWeights,
  collateTitles,
  type LabelForm,
  type LossWeights,
  type TitleBatch,
  zeroRows,
} from "./collate.ts";
export {
  DatasetStatistics,
  type DatasetStatisticsConfig,
  type DatasetSummary,
  type SharedVideos,
} from "./dataset-statistics.ts";
export {
  type DecodedFeatures,
  type DecodeOptions,
  decodeFeatureFile,
  type FeatureDecoder,
  type FeatureOptions,
} from "./decoded-features.ts";
export type { FeatureSummary } from "./feature-ranges.ts";
export { fetchedFiles } from "./fetched-files.ts";
export { type FileSource, FileSourceError } from "./file-source.ts";
export { givenFiles } from "./given-files.ts";
export { lengthBucketedBatches, type PlacedBatch } from "./length-buckets.ts";
export type { LengthSummary } from "./length-histogram.ts";
export {
  countUnknownLabels,
  describeFindings,
  describeOtherVideos,
  describeUnknownLabel,
  describeUnknownShare,
  type ListFindings,
  MOST_UNKNOWN_LABELS,
  type OtherVideo,
  type SharedFeatureFile,
} from "./list-findings.ts";
export {
  DatasetChangedError,
  describeSkipped,
  NoVideosError,
  type SampledFrom,
  type SampleOptions,
  type SkippedVideo,
  type UnusedVideo,
  VideoDataset,
  type VideoDatasetConfig,
  type VideoSample,
  type VideoSkipReason,
} from "./video-dataset.ts";
