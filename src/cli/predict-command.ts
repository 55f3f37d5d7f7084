import { NoVideosError } from "../data/video-dataset.ts";
import { type ReferencePrediction, referencePrediction } from "../inference/reference-prediction.ts";
import { ReferenceProject } from "../node/reference-project.ts";
import { writePredictions } from "../node/write-predictions.ts";
import { reportSkipped } from "./skipped.ts";
import type { Terminal } from "./terminal.ts";

export interface PredictCommandOptions {
  readonly config: string;
  readonly checkpoint: string;
  readonly output: string;
  readonly threshold?: number;
  readonly encodingCache?: string;
}

/**
 * Tags the [INFER] data of a configuration and writes the original's JSON.
 *
 * @param signal ends the work after the video that is under way; then nothing is written
 */
export async function predictCommand(
  { config, checkpoint, output, threshold: askedFor, encodingCache }: PredictCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const project = await ReferenceProject.open(config, { encodingCache });
  const { batchSize, list, threshold } = project.section("infer");
  const dataset = await project.openDataset("infer");
  const tagger = await project.loadTagger(checkpoint);
  const bar = terminal.bar("predict", dataset.size);
  let done = 0;
  async function* predictions(): AsyncGenerator<ReferencePrediction> {
    for await (const { video, scores } of tagger.tagAll(dataset, { batchSize })) {
      signal.throwIfAborted();
      bar.update(++done, video);
      yield referencePrediction(video, scores, tagger.labels, askedFor ?? threshold);
    }
    if (done === 0) throw new NoVideosError(dataset);
  }
  try {
    await writePredictions(output, predictions());
  } finally {
    bar.end();
    tagger.dispose();
  }
  reportSkipped(dataset, list, terminal);
  terminal.say(`${output}: ${done} videos.`);
}
