import type { VideoDataset, VideoSample } from "../data/video-dataset.ts";
import { ScoreTable } from "../metrics/score-table.ts";
import type { TaggedVideo, VideoTagger } from "./video-tagger.ts";

/** A dataset with true labels, and what a tagger makes of it. Features are not kept. */
export interface ScoredDataset {
  readonly videos: readonly (Omit<VideoSample, "image" | "audio"> & { readonly tagged: TaggedVideo })[];
  readonly logits: ScoreTable;
  readonly scores: ScoreTable;
}

/** Tags every video of a dataset, and keeps scores, logits and attention: to tune, to measure, to report. */
export async function scoreDataset(
  tagger: VideoTagger,
  dataset: VideoDataset,
  { batchSize }: { readonly batchSize: number },
): Promise<ScoredDataset> {
  const numClasses = tagger.labels.length;
  const [logits, scores] = [new ScoreTable(numClasses), new ScoreTable(numClasses)];
  const videos: ScoredDataset["videos"][number][] = [];
  for await (const samples of dataset.batches(batchSize, tagger.featureSizes)) {
    for (const [index, tagged] of (await tagger.tag(samples)).entries()) {
      const { image: _image, audio: _audio, ...sample } = samples[index] as VideoSample;
      logits.add(tagged.logits, sample.classes);
      scores.add(tagged.scores, sample.classes);
      videos.push({ ...sample, tagged });
    }
  }
  return { videos, logits, scores };
}
