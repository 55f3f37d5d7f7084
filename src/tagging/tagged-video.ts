import { describe } from "../core/options.ts";
import { quoteList } from "../formats/format-error.ts";
import type { Explanation } from "./explanation.ts";

/** A label and how likely it is, in [0, 1]. */
export interface Tag {
  readonly label: string;
  readonly score: number;
}

/** What a tagger says of one video. */
export interface TaggedVideo {
  /** The labels whose score reaches the threshold, the highest first. */
  readonly tags: readonly Tag[];
  /** `[numClasses]`: every label's score, in the order of the classes */
  readonly scores: Float32Array;
  /** `[numClasses]`: what the scores were made of */
  readonly logits: Float32Array;
  /** The modalities that the video had, of those that the model knows. */
  readonly present: readonly string[];
  /**
   * Where in time it looked: a weight for each row of features, which sum to 1. None for a modality without features, and
   * none where the pooling weighs no rows.
   * `attentionSpans` tells the time of each.
   */
  readonly attention: { readonly [modality: string]: Float32Array };
  /** Where it was asked for: what each modality added to each logit. */
  readonly explanation?: Explanation;
}

/** The score that a tag needs: one for all labels, or one each, in the order of the classes. */
export type Threshold = number | readonly number[];

/** The score that the tag of a class needs. */
export function thresholdOf(threshold: Threshold, index: number): number {
  return typeof threshold === "number" ? threshold : (threshold[index] as number);
}

/** @throws RangeError such as `tag: threshold must be a number from 0 to 1, or a list of 12. Got NaN.` */
export function expectThreshold(what: string, threshold: unknown, labels: number): void {
  const isProbability = (value: unknown) => typeof value === "number" && value >= 0 && value <= 1;
  const isList = Array.isArray(threshold);
  if (isList ? threshold.length === labels && threshold.every(isProbability) : isProbability(threshold)) return;
  const got = isList ? quoteList(threshold) : describe(threshold);
  throw new RangeError(`${what}: threshold must be a number from 0 to 1, or a list of ${labels}. Got ${got}.`);
}

export interface TagOptions {
  /** Default: the tagger's own. */
  readonly threshold?: Threshold;
  /** Whether to explain the scores. Default false: it costs a small product a modality. */
  readonly explain?: boolean;
  /** Stops the work where it can halt: between two parts of a batch, or two pieces of a long video. Its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** The options of tagging, for `expectOptions`. */
export const TAG_KINDS = { threshold: "any", explain: "flag", signal: "object" } as const;
