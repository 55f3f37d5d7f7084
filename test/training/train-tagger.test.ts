import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { readState, readVariables } from "../../src/core/state.ts";
import { useBackend } from "../../src/node/backend.ts";
import { evaluateTagger } from "../../src/tagging/evaluation.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { sgd } from "../../src/training/sgd.ts";
import {
  type TaggerEpochEvent,
  type TaggerStepEvent,
  type TrainTaggerOptions,
  trainTagger,
} from "../../src/training/train-tagger.ts";
import { createTrainingState } from "../../src/training/training-state.ts";
import { exponentialMovingAverage } from "../../src/training/weight-average.ts";
import { describeOnBackends } from "../support/backends.ts";
import { featureBytes, learnableVideos, letterPreprocessing, memoryDataset } from "../support/memory-dataset.ts";
import { SMALL_SIZES, smallConfig, smallTagger } from "../support/small-tagger.ts";
import { expectClose } from "../support/tensors.ts";

const LABELS = ["red", "green", "blue", "black", "white"];
const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 1e-5 });

type Given = TrainTaggerOptions & { readonly epochs: number; readonly batchSize: number };

function options(change: Partial<Given> = {}): Given {
  return {
    tagger: new VideoTagger({ model: smallTagger(), labels: LABELS, texts: { text: letterPreprocessing() } }),
    train: memoryDataset(learnableVideos(48, LABELS, 1), LABELS),
    valid: memoryDataset(learnableVideos(20, LABELS, 2), LABELS),
    optimizer,
    schedule: () => 0.01,
    epochs: 3,
    batchSize: 8,
    validBatchSize: 8,
    topN: [2],
    earlyStop: 20,
    seed: 3,
    ...change,
  };
}

async function run(given: TrainTaggerOptions): Promise<{ steps: TaggerStepEvent[]; epochs: TaggerEpochEvent[] }> {
  const [steps, epochs]: [TaggerStepEvent[], TaggerEpochEvent[]] = [[], []];
  for await (const event of trainTagger(given)) {
    if (event.kind === "step") steps.push(event);
    else epochs.push(event);
  }
  return { steps, epochs };
}

describeOnBackends("trainTagger", (backend) => {
  test("learns, tells of each step and epoch, and leaves no tensor but the parameters", async () => {
    // WebGPU, in software as a rule, shows only that it trains at all.
    const given = backend === "webgpu" ? options({ epochs: 1, batchSize: 24 }) : options({ epochs: 6 });
    const steps = 48 / given.batchSize;
    const before = tf.memory().numTensors;
    const { steps: events, epochs } = await run(given);
    expect(tf.memory().numTensors).toBe(before);
    expect(events.map(({ step }) => step)).toEqual([...Array(given.epochs * steps).keys()]);
    expect(events.slice(0, steps).map(({ examples, ofExamples }) => [examples, ofExamples])).toEqual(
      Array.from({ length: steps }, (_, step) => [(step + 1) * given.batchSize, 48]),
    );
    expect((events.at(-1) as TaggerStepEvent).loss).toBeLessThan((events[0] as TaggerStepEvent).loss);
    expect(epochs.map(({ isLast }) => isLast)).toEqual([...Array(given.epochs - 1).fill(false), true]);
    expect([...(epochs.at(-1) as TaggerEpochEvent).evaluation.hitAtK.keys()]).toEqual([1, 2]);
    if (backend !== "webgpu") {
      expect(epochs.at(-1)?.loss).toBeLessThan((epochs[0]?.loss as number) - 0.3);
      expect(epochs.at(-1)?.evaluation.hitAtK.get(1)).toBeGreaterThan(0.6);
    }
    const again = await evaluateTagger(given.tagger, given.valid, { batchSize: 5, topN: [1, 2] });
    expect(again.hitAtK).toEqual(epochs.at(-1)?.evaluation.hitAtK);
  });

  test("gives the same parameters for the same seed, and others for another", async () => {
    if (backend === "webgpu") return;
    const trained = async (seed: number) => {
      const given = options({ epochs: 1, seed });
      await run(given);
      return readState(given.tagger.model);
    };
    const first = await trained(4);
    expect(await trained(4)).toEqual(first);
    expect(await trained(5)).not.toEqual(first);
  });
});

function onWasm(): void {
  test("leaves a frozen encoder as it is, and trains a fine-tuned one", async () => {
    for (const encoderTraining of ["frozen", "frozen-with-dropout", "fine-tuned"] as const) {
      const model = smallTagger(smallConfig({ text: { ...SMALL_SIZES.text, training: encoderTraining } }));
      const before = await readState(model);
      await run(
        options({
          epochs: 1,
          tagger: new VideoTagger({ model, labels: LABELS, texts: { text: letterPreprocessing() } }),
        }),
      );
      const after = await readState(model);
      for (const [path, { data }] of after) {
        const isFixed = encoderTraining !== "fine-tuned" && path.startsWith("towers.text.encoder.");
        expect(
          data.every((value, index) => value === before.get(path)?.data[index]),
          path,
        ).toBe(isFixed);
      }
    }
  });

  test("shuffles each epoch anew, the same way for the same seed", async () => {
    const orders = async (seed: number): Promise<string[]> => {
      const videos = learnableVideos(12, LABELS, 7);
      const files = new Map(videos.map((video) => [`${video.name}.pkl`, featureBytes(video)]));
      const read: string[] = [];
      const noting = new Map(files);
      noting.get = (name) => {
        read.push(name);
        return files.get(name);
      };
      const valid = memoryDataset(learnableVideos(2, LABELS, 8), LABELS);
      await run(options({ epochs: 2, seed, train: memoryDataset(videos, LABELS, noting), valid }));
      expect(new Set(read.slice(0, 12))).toEqual(new Set(files.keys()));
      return [read.slice(0, 12).join(), read.slice(12).join()];
    };
    const first = await orders(1);
    expect(first[0]).not.toBe(first[1]);
    expect(await orders(1)).toEqual(first);
    expect(await orders(2)).not.toEqual(first);
  });

  test("stops after more than so many epochs without a better one, and marks the best", async () => {
    const { epochs } = await run(options({ epochs: 10, schedule: () => 0, earlyStop: 2 }));
    expect(epochs.map(({ isBest, isLast }) => [isBest, isLast])).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [false, true],
    ]);
  });

  test("where every epoch has the best Hit@1 and mAP, the lower loss is the better one", async () => {
    const red = (count: number, seed: number) => learnableVideos(count, ["red"], seed);
    const easy = { train: memoryDataset(red(16, 1), LABELS), valid: memoryDataset(red(6, 2), LABELS) };
    const { epochs } = await run(options({ ...easy, epochs: 5, earlyStop: 1 }));
    const equals = epochs.slice(-3);
    const all = equals.map(({ evaluation: { hitAtK, meanAveragePrecision } }) => [hitAtK.get(1), meanAveragePrecision]);
    expect(all).toEqual(Array(3).fill([1, 1]));
    const losses = equals.map(({ evaluation }) => evaluation.loss);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(equals.map(({ isBest }) => isBest)).toEqual([true, true, true]);
  });

  test("goes no further than it is asked, and frees the optimizer's state then too", async () => {
    const given = options();
    const before = tf.memory().numTensors;
    let seen = 0;
    for await (const event of trainTagger(given)) {
      expect(event.kind).toBe("step");
      if (++seen === 2) break;
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test("loses one modality of a sample where it is told to", async () => {
    const base = options({ epochs: 1 });
    const { epochs } = await run({ ...base, modalityDropRate: 1 });
    const whole = await run(options({ epochs: 1 }));
    expect(epochs[0]?.loss).not.toBe(whole.epochs[0]?.loss);
  });

  test("names the step at which the loss is no number any more, and leaves nothing behind", async () => {
    const given = options({ schedule: (step) => (step < 3 ? 0.01 : Number.POSITIVE_INFINITY) });
    const before = tf.memory().numTensors;
    await expect(run(given)).rejects.toThrow(
      "Training: the loss of step 4 is NaN. The first tensor that is not finite is the parameter " +
        "towers.text.pooling.convolutions.0.kernel [8, 3]: Infinity at [0, 0], 24 of its 24 values are not finite. " +
        "A lower learning rate may help.",
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("names the first parameter that an update has spoiled; such a model measures and tags nothing", async () => {
    const given = options({ epochs: 1, schedule: (step) => (step < 5 ? 0.01 : Number.POSITIVE_INFINITY) });
    const before = tf.memory().numTensors;
    await expect(run(given)).rejects.toThrow(
      "Training: after step 5. The first tensor that is not finite is the parameter towers.text.pooling.convolutions.0.kernel [8, 3]: ",
    );
    await expect(evaluateTagger(given.tagger, given.valid, { batchSize: 8, topN: [1] })).rejects.toThrow(
      /^The loss is NaN in the batch of these videos: (video2_\d+(, |\.$)){8}$/,
    );
    const [video] = learnableVideos(1, LABELS, 2).map(({ title }) => ({
      texts: { text: title },
      rows: { image: { rows: 1, size: 3, data: new Float32Array(3) } },
    }));
    await expect(given.tagger.tag(video ? [video] : [])).rejects.toThrow(
      "Video 0 has the score NaN for the label red.",
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("says why when there is nothing to train or to measure on", async () => {
    const videos = learnableVideos(3, LABELS, 9);
    const missing = () => memoryDataset(videos, LABELS, new Map());
    const message =
      "memory: it has no video that can be used. The first of 3 problems: line 1, video9_0.mp4: its feature file";
    await expect(run(options({ train: missing() }))).rejects.toThrow(message);
    await expect(run(options({ valid: missing() }))).rejects.toThrow(message);
  });
}

describeOnBackends("trainTagger", onWasm, ["wasm"]);

describe("training takes", () => {
  beforeAll(() => useBackend("cpu"));

  const plainSgd = sgd({ momentum: 0, weightDecay: () => 0 });
  const oneStep = (change: Partial<Given>) => options({ epochs: 1, batchSize: 48, optimizer: plainSgd, ...change });
  /** By how much each trainable parameter changes in a training. */
  const changeOf = async (given: TrainTaggerOptions): Promise<Map<string, number[]>> => {
    const before = await readVariables(given.tagger.model.trainableParameters());
    await run(given);
    const after = await readVariables(given.tagger.model.trainableParameters());
    return new Map(
      [...before].map(([path, { data }]) => [
        path,
        [...data].map((value, i) => (after.get(path)?.data[i] as number) - value),
      ]),
    );
  };
  const normOf = (change: ReadonlyMap<string, number[]>) => Math.hypot(...[...change.values()].flat());

  test("labels that nobody knows for no reason to change anything", async () => {
    const change = await changeOf(oneStep({ weights: { knownClasses: () => [] } }));
    expect(normOf(change)).toBe(0);
    expect(normOf(await changeOf(oneStep({})))).toBeGreaterThan(0);
  });

  test("weights of classes and videos as factors of the gradient", async () => {
    const weights = { classWeights: [2, 2, 2, 2, 2], videoWeight: () => 0.25 };
    const whole = await changeOf(oneStep({ schedule: () => 1e-3 }));
    const half = await changeOf(oneStep({ schedule: () => 1e-3, weights }));
    for (const [path, values] of whole) {
      expectClose(
        half.get(path) as number[],
        values.map((value) => value / 2),
        1e-5,
        path,
      );
    }
    const one = await changeOf(oneStep({ weights: { classWeights: [0, 0, 1, 0, 0] } }));
    const changed = (one.get("head.bias") as number[]).map((value) => value !== 0);
    expect(changed).toEqual([false, false, true, false, false]);
  });

  test("another loss", async () => {
    const change = await changeOf(
      oneStep({ loss: (logits) => tf.sum(tf.slice(logits, [0, 1], [-1, 1])) as tf.Scalar }),
    );
    expectClose(change.get("head.bias") as number[], [0, -48 * 0.01, 0, 0, 0], 1e-6, "head.bias");
  });

  test("a norm that no step's gradient exceeds", async () => {
    const change = await changeOf(oneStep({ maxGradientNorm: 0.5, schedule: () => 1 }));
    expect(normOf(change)).toBeCloseTo(0.5, 4);
  });

  test("averaged weights, with which epochs are measured and saved", async () => {
    const given = options({ epochs: 2, average: exponentialMovingAverage({ decay: 0.8 }) });
    const plain = options({ epochs: 2 });
    const { epochs } = await run(given);
    await run(plain);
    const measured = await evaluateTagger(given.tagger, given.valid, { batchSize: 8, topN: [1, 2] });
    expect(measured).toEqual(epochs.at(-1)?.evaluation);
    expect(await readState(given.tagger.model)).not.toEqual(await readState(plain.tagger.model));
    // An average that forgets at once is the weights themselves: training goes on from them, not from the average.
    const forgetful = options({ epochs: 2, average: exponentialMovingAverage({ decay: 0 }) });
    await run(forgetful);
    expect(await readState(forgetful.tagger.model)).toEqual(await readState(plain.tagger.model));
    const state = createTrainingState(given.tagger.model, given);
    for await (const event of trainTagger({ ...given, epochs: 3, state }))
      if (event.kind === "step" && event.step === 14) break;
    const own = await readVariables(given.tagger.model.trainableParameters());
    expect(state.progress.isAveraged).toBe(false);
    expect((await readVariables(state.optimizer)).get("head.bias:average")).not.toEqual(own.get("head.bias"));
  });
});
