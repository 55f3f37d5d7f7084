import { expect, test } from "vitest";
import { focalLoss } from "../../src/ops/focal-loss.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { type TaggerEpochEvent, type TrainTaggerOptions, trainTagger } from "../../src/training/train-tagger.ts";
import { createTrainingState } from "../../src/training/training-state.ts";
import { exponentialMovingAverage } from "../../src/training/weight-average.ts";
import { describeOnBackends } from "../support/backends.ts";
import { learnableVideos, letterPreprocessing, memoryDataset } from "../support/memory-dataset.ts";
import { SMALL_SIZES, smallConfig, smallTagger } from "../support/small-tagger.ts";
import { goOnFrom, type Moment, momentOf } from "../support/training-moment.ts";

const LABELS = ["red", "green", "blue", "black", "white"];
const STEPS = 3 * 4;

/** A fresh training: three epochs of four steps, with dropout, dropped modalities and a fine-tuned encoder, averaged weights. */
function fresh(seed: number): TrainTaggerOptions & { readonly state: ReturnType<typeof createTrainingState> } {
  const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 1e-5 });
  const average = exponentialMovingAverage({ decay: 0.7 });
  const config = smallConfig({ text: { ...SMALL_SIZES.text, training: "fine-tuned" } });
  const tagger = new VideoTagger({
    model: smallTagger(config, seed),
    labels: LABELS,
    texts: { text: letterPreprocessing() },
  });
  return {
    tagger,
    optimizer,
    average,
    maxGradientNorm: 2,
    loss: focalLoss({ gamma: 1 }),
    weights: { classWeights: [1, 2, 1, 1, 3], knownClasses: ({ line }) => (line % 3 ? undefined : [0, 2, 4]) },
    state: createTrainingState(tagger.model, { optimizer, average }),
    train: memoryDataset(learnableVideos(15, LABELS, 1), LABELS),
    valid: memoryDataset(learnableVideos(7, LABELS, 2), LABELS),
    schedule: (step) => 0.01 / (step + 1),
    epochs: 3,
    batchSize: 4,
    validBatchSize: 3,
    topN: [2],
    earlyStop: 20,
    modalityDropRate: 0.3,
    seed: 3,
  };
}

/** Trains to the end, or to the moment after a step, and tells all that can be told of it. */
async function trained(
  options: ReturnType<typeof fresh>,
  lastStep = Number.POSITIVE_INFINITY,
): Promise<{ moment: Moment; epochs: TaggerEpochEvent[] }> {
  const epochs: TaggerEpochEvent[] = [];
  for await (const event of trainTagger(options)) {
    if (event.kind === "epoch") epochs.push(event);
    else if (event.step === lastStep) break;
  }
  return { moment: await momentOf(options.tagger.model, options.state), epochs };
}

describeOnBackends("training that goes on from a saved state", (backend) => {
  test.skipIf(backend === "webgpu").each([0, 2, 3, 4, 9, 11])(
    "gives bit for bit what it gives without a break: after step %d",
    async (lastStep) => {
      const unbroken = await trained(fresh(1));
      expect(unbroken.moment.progress.step).toBe(STEPS);
      const first = await trained(fresh(1), lastStep);
      // Another model, so that nothing of the first can be left in it.
      const second = fresh(7);
      goOnFrom(first.moment, second.tagger.model, second.state);
      const { moment, epochs } = await trained(second);
      expect(moment).toEqual(unbroken.moment);
      expect([...first.epochs, ...epochs]).toEqual(unbroken.epochs);
    },
  );
});
