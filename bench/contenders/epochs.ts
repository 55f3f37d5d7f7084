import type { VideoDataset } from "multimodal-video-tag/data";
import type { VideoTagger } from "multimodal-video-tag/tagging";
import { rmsProp, type TrainingWorkers, trainTagger } from "multimodal-video-tag/training";

export const BATCH = 16;
export const LEARNING_RATE = 7e-4;
export const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 8e-4 });

/** Runs one epoch of `train` after another, each told by a call. After the first, all titles are in the cache. */
export function epochs(
  tagger: VideoTagger,
  data: { readonly train: VideoDataset; readonly valid: VideoDataset },
  workers?: TrainingWorkers,
): () => Promise<void> {
  const training = trainTagger({
    ...{ ...data, tagger, optimizer, schedule: () => LEARNING_RATE, ...(workers && { workers }) },
    ...{ epochs: 1000, batchSize: BATCH, validBatchSize: BATCH, topN: [1], earlyStop: 1000, seed: 1 },
  });
  return async () => {
    for (;;) {
      const { value, done } = await training.next();
      if (done || value.kind === "epoch") return;
    }
  };
}
