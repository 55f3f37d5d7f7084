import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "../../../src/node/backend.ts";
import { startWorkers } from "../../../src/node/workers/tagger-workers.ts";
import { WorkerError } from "../../../src/node/workers/worker-thread.ts";
import { TrainingCheckpoints } from "../../../src/runs/training-checkpoints.ts";
import { rmsProp } from "../../../src/training/rms-prop.ts";
import { type TaggerEpochEvent, type TrainTaggerOptions, trainTagger } from "../../../src/training/train-tagger.ts";
import { createTrainingState } from "../../../src/training/training-state.ts";
import { exponentialMovingAverage } from "../../../src/training/weight-average.ts";
import { learnableVideos, memoryDataset } from "../../support/memory-dataset.ts";
import { SMALL_SIZES, smallConfig } from "../../support/small-tagger.ts";
import { smallVideoTagger } from "../../support/small-video-tagger.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { goOnFrom, type Moment, momentOf } from "../../support/training-moment.ts";

const FOCAL_LOSS = new URL("../../support/focal-loss-module.mjs", import.meta.url);
const DYING_LOSS = new URL("../../support/dying-loss-module.mjs", import.meta.url);

type Training = Omit<TrainTaggerOptions, "workers"> & { readonly state: ReturnType<typeof createTrainingState> };

/** A fresh training: two epochs of four steps, with dropout, dropped modalities and a fine-tuned encoder, averaged weights. */
async function fresh(seed: number): Promise<Training> {
  const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 1e-5 });
  const average = exponentialMovingAverage({ decay: 0.7 });
  const text = { ...SMALL_SIZES.text, training: "fine-tuned" } as const;
  const tagger = await smallVideoTagger(seed, smallConfig({ text }));
  const { labels } = tagger;
  return {
    tagger,
    optimizer,
    average,
    maxGradientNorm: 2,
    weights: { classWeights: [1, 2, 1, 1, 3], knownClasses: ({ line }) => (line % 3 ? undefined : [0, 2, 4]) },
    state: createTrainingState(tagger.model, { optimizer, average }),
    train: memoryDataset(learnableVideos(15, labels, 1), labels),
    valid: memoryDataset(learnableVideos(7, labels, 2), labels),
    schedule: (step) => 0.01 / (step + 1),
    epochs: 2,
    batchSize: 4,
    validBatchSize: 3,
    topN: [2],
    earlyStop: 20,
    modalityDropRate: 0.3,
    seed: 3,
  };
}

/** Trains with workers to the end, or to the moment after a step, and tells all that can be told of it. */
async function trained(
  options: Training,
  workers: number,
  lastStep = Number.POSITIVE_INFINITY,
): Promise<{ moment: Moment; epochs: TaggerEpochEvent[] }> {
  const epochs: TaggerEpochEvent[] = [];
  const pool = await startWorkers(options.tagger, { workers });
  try {
    for await (const event of trainTagger({ ...options, loss: FOCAL_LOSS, workers: pool })) {
      if (event.kind === "epoch") epochs.push(event);
      else if (event.step === lastStep) break;
    }
  } finally {
    await pool.close();
  }
  return { moment: await momentOf(options.tagger.model, options.state), epochs };
}

beforeAll(() => useBackend("wasm"));

describe("two workers", () => {
  let unbroken: Awaited<ReturnType<typeof trained>>;

  beforeAll(async () => {
    unbroken = await trained(await fresh(1), 2);
    expect(unbroken.moment.progress.step).toBe(8);
  });

  test("give the same training every time; another number of them gives another", async () => {
    expect(await trained(await fresh(1), 2)).toEqual(unbroken);
    expect(await trained(await fresh(1), 3)).not.toEqual(unbroken);
  });

  test.each([3, 5])("that go on after step %d give bit for bit what they give without a break", async (step) => {
    const first = await trained(await fresh(1), 2, step);
    // Another model, so that nothing of the first can be left in it.
    const second = await fresh(7);
    goOnFrom(first.moment, second.tagger.model, second.state);
    const { moment, epochs } = await trained(second, 2);
    expect(moment).toEqual(unbroken.moment);
    expect([...first.epochs, ...epochs]).toEqual(unbroken.epochs);
  });
});

test("a worker that ends in an epoch ends the training with a sentence, and the last checkpoint is whole", async () => {
  const options = await fresh(1);
  const folder = new TrainingCheckpoints(join(temporaryFolder(), "state"));
  const pool = await startWorkers(options.tagger, { workers: 2 });
  let kept: Moment | undefined;
  const work = async () => {
    for await (const event of trainTagger({ ...options, loss: DYING_LOSS, workers: pool })) {
      if (event.kind !== "epoch") continue;
      await folder.save({ model: options.tagger.model, state: options.state }, "");
      kept = await momentOf(options.tagger.model, options.state);
    }
  };
  await expect(work()).rejects.toThrow(new WorkerError("A worker thread ended with code 3."));
  await pool.close();
  const second = await fresh(7);
  await folder.restore({ model: second.tagger.model, state: second.state });
  expect(await momentOf(second.tagger.model, second.state)).toEqual(kept);
  expect(kept?.progress.epoch).toBe(1);
});

test("a loss that workers could not know of is refused", async () => {
  const options = await fresh(1);
  const pool = await startWorkers(options.tagger, { workers: 1 });
  const loss: TrainTaggerOptions["loss"] = (logits) => logits.sum();
  await expect(trainTagger({ ...options, loss, workers: pool }).next()).rejects.toThrow(
    "trainTagger: a loss that is a function cannot travel to workers. Describe it, or give the address of its module.",
  );
  await pool.close();
});
