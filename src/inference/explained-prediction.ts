import type { Modality, SequenceModality } from "../models/multimodal-tagger.ts";
import { attentionSpans, type RowTiming } from "./attention-spans.ts";
import { type ReferencePrediction, referencePrediction } from "./reference-prediction.ts";
import { type TaggedVideo, type Threshold, thresholdOf } from "./video-tagger.ts";

/** How much of the attention a row of features got; start and end in seconds where the rows' timing is known. */
export interface AttendedRow {
  /** From 0. */
  readonly row: number;
  readonly start?: number;
  readonly end?: number;
  readonly weight: number;
}

/** A prediction in the original's form, and behind it what led to it. */
export interface ExplainedPrediction extends ReferencePrediction {
  /** The modalities that the video had. */
  readonly present: readonly Modality[];
  readonly attention: { readonly [modality in SequenceModality]?: readonly AttendedRow[] };
  /** For each of the labels above what its logit is the sum of: the bias, and the share of each modality. */
  readonly contributions: readonly (readonly [
    label: string,
    shares: { readonly bias: number } & { readonly [modality in Modality]?: number },
  ])[];
}

/** When the rows of features were, where that is known. */
export type FeatureTiming = { readonly [modality in SequenceModality]?: RowTiming };

/**
 * A prediction with its reasons.
 *
 * @param tagged what `VideoTagger.tag` says with `explain: true`
 * @throws TypeError when the video was tagged without an explanation
 */
export function explainedPrediction(
  video: string,
  { scores, present, attention, explanation }: TaggedVideo,
  labels: readonly string[],
  threshold: Threshold,
  timing: FeatureTiming = {},
): ExplainedPrediction {
  if (explanation === undefined) throw new TypeError(`${video} was tagged without an explanation.`);
  const attended = (["image", "audio"] as const).flatMap((modality) => {
    const weights = attention[modality];
    return weights === undefined ? [] : [[modality, attendedRows(weights, timing[modality])]];
  });
  const contributions = labels.flatMap((label, index) => {
    if (!((scores[index] as number) >= thresholdOf(threshold, index))) return [];
    const shares = Object.entries(explanation.contributions).map(([modality, values]) => [modality, values[index]]);
    return [[label, { bias: explanation.bias[index] as number, ...Object.fromEntries(shares) }] as const];
  });
  return {
    ...referencePrediction(video, scores, labels, threshold),
    present,
    attention: Object.fromEntries(attended),
    contributions,
  };
}

function attendedRows(weights: Float32Array, timing: RowTiming | undefined): AttendedRow[] {
  if (timing === undefined) return Array.from(weights, (weight, row) => ({ row, weight }));
  return attentionSpans(weights, timing).map((span, row) => ({ row, ...span }));
}
