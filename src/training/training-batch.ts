import type { LossWeights } from "../data/collate.ts";
import type { LabelledVideo } from "../tagging/batch-tagger.ts";

/** The videos of a training step as the model shall see them: plain data, which can travel to another thread. */
export interface TrainingBatch {
  /** What messages call the step. */
  readonly step: number;
  readonly videos: readonly LabelledVideo[];
  /** What the terms of the loss are multiplied with. Default: 1. */
  readonly weights?: LossWeights | undefined;
}

/** Some videos of a batch, with their weights. */
export function partOfBatch({ step, videos, weights }: TrainingBatch, indices: readonly number[]): TrainingBatch {
  const pick = <Item>(items: readonly Item[]): Item[] => indices.map((index) => items[index] as Item);
  const { classWeights, videoWeights, knownClasses } = weights ?? {};
  const own: LossWeights = {
    ...(classWeights && { classWeights }),
    ...(videoWeights && { videoWeights: pick(videoWeights) }),
    ...(knownClasses && { knownClasses: pick(knownClasses) }),
  };
  return { step, videos: pick(videos), weights: weights && own };
}
