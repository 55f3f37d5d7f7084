import { type AttendedRows, attendedRows, type FeatureTiming } from "../tagging/attended-rows.ts";
import { type TaggedVideo, type Threshold, thresholdOf } from "../tagging/tagged-video.ts";
import { type PaddlePrediction, type PredictedVideo, paddlePrediction } from "./paddle-prediction.ts";

/** A prediction in the original's form, and behind it what led to it. */
export interface ExplainedPrediction extends PaddlePrediction {
  /** The modalities that the video had. */
  readonly present: readonly string[];
  readonly attention: AttendedRows;
  /** For each of the labels above what its logit is the sum of: the bias, and the share of each modality. */
  readonly contributions: readonly (readonly [
    label: string,
    shares: { readonly bias: number; readonly [modality: string]: number },
  ])[];
}

/**
 * A prediction with its reasons.
 *
 * @param tagged what `VideoTagger.tag` says with `explain: true`
 * @throws TypeError when the video was tagged without an explanation
 */
export function explainedPrediction(
  video: PredictedVideo,
  { scores, present, attention, explanation }: TaggedVideo,
  labels: readonly string[],
  threshold: Threshold,
  timing: FeatureTiming = {},
): ExplainedPrediction {
  if (explanation === undefined) throw new TypeError(`${video.fileName} was tagged without an explanation.`);
  const contributions = labels.flatMap((label, index) => {
    if (!((scores[index] as number) >= thresholdOf(threshold, index))) return [];
    const shares = Object.entries(explanation.contributions).map(([modality, values]) => [modality, values[index]]);
    return [[label, { bias: explanation.bias[index] as number, ...Object.fromEntries(shares) }] as const];
  });
  return {
    ...paddlePrediction(video, scores, labels, threshold),
    present,
    attention: attendedRows(attention, timing),
    contributions,
  };
}
