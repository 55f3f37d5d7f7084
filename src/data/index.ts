export {
  collateLabels,
  collateLossWeights,
  collateTitles,
  type LabelForm,
  type LossWeights,
  SILENT_ROWS,
  type TitleBatch,
  withSilence,
} from "./collate.ts";
export {
  describeSkipped,
  type FeatureSource,
  FeatureSourceError,
  NoVideosError,
  type SampleOptions,
  type SkippedVideo,
  VideoDataset,
  type VideoDatasetConfig,
  type VideoSample,
  type VideoSkipReason,
} from "./video-dataset.ts";
