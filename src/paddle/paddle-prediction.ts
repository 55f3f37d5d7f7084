import type { SampledFrom, VideoSample } from "../data/video-dataset.ts";
import { type Threshold, thresholdOf } from "../tagging/tagged-video.ts";

/** A video's tags in the form of the original's predictions, with the list's name behind them. */
export interface PaddlePrediction {
  /** The feature file's name for the video, as in the original: several rows of a list may have the same. */
  readonly video_id: string;
  readonly labels: readonly (readonly [label: string, probability: number])[];
  /** The list's name for the video, which no other row has. */
  readonly file_name: string;
  /** How many rows its features had, where it was tagged on rows sampled from them. */
  readonly sampledFrom?: SampledFrom;
}

/** What a video is called. */
export type PredictedVideo = Pick<VideoSample, "video" | "fileName">;

/**
 * A prediction as the original writes it: every label whose probability reaches the threshold, in class order.
 *
 * @param scores [numClasses]
 */
export function paddlePrediction(
  { video, fileName }: PredictedVideo,
  scores: ArrayLike<number>,
  labels: readonly string[],
  threshold: Threshold,
): PaddlePrediction {
  const scored = labels.map((label, index): [string, number] => [label, scores[index] as number]);
  return {
    video_id: video,
    labels: scored.filter(([, probability], index) => probability >= thresholdOf(threshold, index)),
    file_name: fileName,
  };
}
