import { expectOptions } from "../core/options.ts";
import type { VideoDataset } from "../data/video-dataset.ts";
import { ScoreTable } from "../metrics/score-table.ts";
import { type BatchOptions, type BatchTagger, type ListedVideo, tagInOrder } from "./batch-tagger.ts";
import type { TaggedVideo } from "./tagged-video.ts";

/** A dataset with true labels, and what a tagger makes of it. Features are not kept. */
export interface ScoredDataset {
  readonly videos: readonly (ListedVideo & { readonly tagged: TaggedVideo })[];
  readonly logits: ScoreTable;
  readonly scores: ScoreTable;
}

/** Tags every video of a dataset, and keeps scores, logits and attention: to tune, to measure, to report. */
export async function scoreDataset(
  tagger: BatchTagger,
  dataset: VideoDataset,
  options: BatchOptions,
): Promise<ScoredDataset> {
  expectOptions("scoreDataset", options, {
    needed: { batchSize: "size" },
    optional: { maxRows: "size", signal: "object" },
  });
  const numClasses = tagger.labels.length;
  const [logits, scores] = [new ScoreTable(numClasses), new ScoreTable(numClasses)];
  const videos: ScoredDataset["videos"][number][] = [];
  for await (const { sample, tagged } of tagInOrder(tagger, dataset, options)) {
    logits.add(tagged.logits, sample.classes);
    scores.add(tagged.scores, sample.classes);
    videos.push({ ...sample, tagged });
  }
  return { videos, logits, scores };
}
