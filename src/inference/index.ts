export { type Evaluation, type EvaluationOptions, evaluateTagger } from "./evaluation.ts";
export { type ReferencePrediction, referencePrediction } from "./reference-prediction.ts";
export {
  type PreparedVideos,
  TaggerInputs,
  type TextPreprocessing,
  type TitleTokenizer,
  type VideoFeatures,
} from "./tagger-inputs.ts";
export type { TitleEncodingStore } from "./title-encodings.ts";
export { type Tag, type TaggedVideo, VideoTagger, type VideoTaggerConfig } from "./video-tagger.ts";
