import type { RunEpoch } from "../formats/run-metrics.ts";
import type { AttendedRows } from "../tagging/attended-rows.ts";
import type { Explanation } from "../tagging/explanation.ts";
import type { TaggedVideo } from "../tagging/tagged-video.ts";

/** All that a report says of a training run, as plain data. */
export interface RunReport {
  /** The run folder's name. */
  readonly name: string;
  /** Sections and their keys, as resolved. */
  readonly configuration: Readonly<Record<string, Readonly<Record<string, ConfigurationValue>>>>;
  /** Versions, seed, backend, dataset fingerprint. */
  readonly environment: Readonly<Record<string, string>>;
  /** The lines of metrics.jsonl. */
  readonly epochs: readonly RunEpoch[];
  /** In class order. */
  readonly labels: readonly string[];
  /** The probability that a label needs to be predicted, a label each. */
  readonly thresholds: readonly number[];
  /**
   * Those by which the videos at even and at odd places are judged, where `thresholds` were tuned on these videos: each
   * tuned on the other half (`heldOutThresholds`). Default: `thresholds`.
   */
  readonly heldOutThresholds?: readonly [even: readonly number[], odd: readonly number[]];
  /** What makes probabilities of the model's output, and so which loss a video has. Default sigmoid. */
  readonly head?: "sigmoid" | "softmax";
  /** The validation videos, as the best checkpoint scores them. */
  readonly videos: readonly ReportVideo[];
  /** Sentences. */
  readonly warnings: readonly string[];
  /** What training minimized, where it is not the cross-entropy that validation measures: a noun. */
  readonly trainingLoss?: string;
}

export type ConfigurationValue = string | number | boolean | readonly (string | number)[];

export interface ReportVideo {
  readonly video: string;
  readonly title: string;
  /** Indices of its true labels. */
  readonly classes: readonly number[];
  /** `[numClasses]`: probabilities */
  readonly scores: Float32Array;
  /** Where it is one of the videos that are shown: `extremeVideos` says which. */
  readonly reasons?: VideoReasons;
}

/** Why a video got its scores. */
export interface VideoReasons {
  /** The modalities that it had. */
  readonly present: TaggedVideo["present"];
  /** Where in time the model looked. */
  readonly attention: AttendedRows;
  /** What each modality added to each label. */
  readonly explanation: Explanation;
}
