import { type Threshold, thresholdOf } from "./tagged-video.ts";

/** A video's tags in the form of the original's predictions. */
export interface ReferencePrediction {
  readonly video_id: string;
  readonly labels: readonly (readonly [label: string, probability: number])[];
}

/**
 * A prediction as the original writes it: every label whose probability reaches the threshold, in class order.
 *
 * @param scores [numClasses]
 */
export function referencePrediction(
  video: string,
  scores: ArrayLike<number>,
  labels: readonly string[],
  threshold: Threshold,
): ReferencePrediction {
  const scored = labels.map((label, index): [string, number] => [label, scores[index] as number]);
  return {
    video_id: video,
    labels: scored.filter(([, probability], index) => probability >= thresholdOf(threshold, index)),
  };
}
