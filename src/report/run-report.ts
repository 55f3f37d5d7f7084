import type { RunEpoch } from "../formats/run-metrics.ts";

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
  /** What makes probabilities of the model's output, and so which loss a video has. Default sigmoid. */
  readonly head?: "sigmoid" | "softmax";
  /** The validation videos, as the best checkpoint scores them. */
  readonly videos: readonly ReportVideo[];
  /** Sentences. */
  readonly warnings: readonly string[];
}

export type ConfigurationValue = string | number | boolean | readonly (string | number)[];

export interface ReportVideo {
  readonly video: string;
  readonly title: string;
  /** Indices of its true labels. */
  readonly classes: readonly number[];
  /** [numClasses]: probabilities */
  readonly scores: Float32Array;
  /** A weight for each row of features. None for a modality that was not there. */
  readonly attention: { readonly image?: Float32Array; readonly audio?: Float32Array };
}
