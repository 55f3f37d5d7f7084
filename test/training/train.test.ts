import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { readState } from "../../src/core/state.ts";
import { useBackend } from "../../src/node/backend.ts";
import { sgd } from "../../src/training/sgd.ts";
import { type EpochEvent, type StepEvent, type TrainOptions, train } from "../../src/training/train.ts";
import { trainableOf } from "../../src/training/train-step.ts";
import type { TrainingData } from "../../src/training/training-data.ts";
import { createTrainingState } from "../../src/training/training-state.ts";
import { exponentialMovingAverage } from "../../src/training/weight-average.ts";
import { describeOnBackends } from "../support/backends.ts";
import {
  regressionStep,
  type SequenceExample,
  SequenceRegression,
  sequenceExamples,
} from "../support/sequence-regression.ts";
import { expectClose } from "../support/tensors.ts";
import { goOnFrom, momentOf } from "../support/training-moment.ts";

type Options = TrainOptions<SequenceExample>;

/** A regression, and what is needed to train it: nothing but its step and its data. */
function regression(seed = 1, norm = false): { readonly model: SequenceRegression; readonly options: Options } {
  const model = new SequenceRegression(new RandomStream(seed), { norm });
  return { model, options: { step: regressionStep(model), data: sequenceExamples(30, 2) } };
}

async function run<Example>(
  options: TrainOptions<Example>,
  lastStep = Number.POSITIVE_INFINITY,
): Promise<{ steps: StepEvent[]; epochs: EpochEvent[] }> {
  const [steps, epochs]: [StepEvent[], EpochEvent[]] = [[], []];
  for await (const event of train(options)) {
    if (event.kind === "epoch") epochs.push(event);
    else steps.push(event);
    if (event.kind === "step" && event.step === lastStep) break;
  }
  return { steps, epochs };
}

describeOnBackends("train", (backend) => {
  test("trains a model that is no tagger, with a default for everything but step and data", async () => {
    const { model, options } = regression();
    const before = tf.memory().numTensors;
    // Without dropout, so that even two epochs show that the loss falls.
    const step = regressionStep(model, { dropout: false });
    const { steps, epochs } = await run({ ...options, step, ...(backend === "webgpu" && { epochs: 2 }) });
    expect(tf.memory().numTensors).toBe(before);
    expect(steps.map(({ examples, ofExamples }) => [examples, ofExamples])).toEqual(steps.map(() => [30, 30]));
    expect(epochs.at(-1)?.loss).toBeLessThan(epochs[0]?.loss as number);
    expect(epochs.at(-1)?.isLast).toBe(true);
    expect(epochs.map(({ figures }) => figures["loss"])).toEqual(epochs.map(({ loss }) => loss));
    model.dispose();
  });

  test.skipIf(backend === "webgpu")(
    "goes on after any step, bit for bit: averaged weights, running statistics",
    async () => {
      const average = exponentialMovingAverage({ decay: 0.7 });
      const fresh = (seed: number) => {
        const { model, options } = regression(seed, true);
        const state = createTrainingState(options.step, { average });
        return { model, state, options: { ...options, average, state, batchSize: 8, epochs: 2, maxGradientNorm: 3 } };
      };
      const whole = fresh(1);
      const unbroken = await run(whole.options);
      expect(unbroken.steps.length).toBe(8);
      const end = await momentOf(whole.model, whole.state);
      for (let step = 0; step < 8; step++) {
        const [first, second] = [fresh(1), fresh(7)];
        const begun = await run(first.options, step);
        goOnFrom(await momentOf(first.model, first.state), second.model, second.state);
        const { epochs } = await run(second.options);
        expect([...begun.epochs, ...epochs]).toEqual(unbroken.epochs);
        expect(await momentOf(second.model, second.state)).toEqual(end);
      }
    },
  );

  test("adds up over the parts of a batch: loss and gradients", async () => {
    const { model, options } = regression();
    const still = regressionStep(model, { dropout: false });
    const data = options.data as readonly SequenceExample[];
    const given = { step: 0, random: new RandomStream(1) };
    const all = await still.gradients(data, given);
    const some = await still.gradients(data.slice(0, 11), given);
    const others = await still.gradients(data.slice(11), given);
    expect(some.loss + others.loss).toBeCloseTo(all.loss, 3);
    for (const [path, gradient] of all.gradients) {
      const sum = tf.add(some.gradients.get(path) as tf.Tensor, others.gradients.get(path) as tf.Tensor);
      expectClose(await sum.data(), await gradient.data(), 1e-4, path);
    }
  });
});

describe("train", () => {
  beforeAll(() => useBackend("cpu"));

  test("moves running statistics with every step, by the rows of the whole batch, and never by a gradient", async () => {
    const { model, options } = regression(1, true);
    expect([...model.statistics().keys()]).toEqual(["norm.mean", "norm.variance"]);
    expect([...trainableOf(options.step).keys()].filter((path) => /mean|variance/.test(path))).toEqual([]);
    const before = tf.memory().numTensors;
    const { epochs } = await run({ ...options, epochs: 3, batchSize: 7 });
    expect(tf.memory().numTensors).toBe(before);
    const after = await readState(model);
    expect([...(after.get("norm.mean")?.data ?? [])]).not.toContain(0);
    expect(epochs.at(-1)?.loss).toBeLessThan(epochs[0]?.loss as number);
    // One step's statistics are those of its rows, whatever the parts are.
    const { step } = regression(1, true).options;
    const data = options.data as readonly SequenceExample[];
    const { moments } = await step.gradients(data, { step: 0, random: new RandomStream(1) });
    expect(moments?.get("norm")?.rows).toBe(data.reduce((sum, { rows }) => sum + rows.rows, 0));
  });

  test("leaves what is frozen as it is", async () => {
    const { model, options } = regression();
    model.hidden.freeze();
    const before = await readState(model);
    await run({ ...options, epochs: 1 });
    const after = await readState(model);
    const changed = [...after].filter(([path, { data }]) => String(data) !== String(before.get(path)?.data));
    expect(changed.map(([path]) => path)).toEqual(["head.kernel", "head.bias"]);
  });

  test("compares epochs by what it is told to, and stops when none is better for too long", async () => {
    const { options } = regression();
    const accuracies = [0.5, 0.7, 0.6, 0.7, 0.6, 0.9];
    const measure = () => ({ accuracy: accuracies.shift() as number });
    const isBetter: Options["isBetter"] = ({ accuracy: now = 0 }, { accuracy: best = 0 }) => now > best;
    const { epochs } = await run({ ...options, measure, isBetter, earlyStop: 2 });
    expect(epochs.map(({ figures, isBest, isLast }) => [figures["accuracy"], isBest, isLast])).toEqual([
      [0.5, true, false],
      [0.7, true, false],
      [0.6, false, false],
      [0.7, false, false],
      [0.6, false, true],
    ]);
  });

  test("tells the means of whatever a step sums", async () => {
    const { options } = regression();
    const { step } = options;
    const counting: Options["step"] = {
      parameters: () => step.parameters(),
      async gradients(examples, given) {
        const positive = examples.filter(({ target }) => target > 0).length;
        return { ...(await step.gradients(examples, given)), sums: { positive } };
      },
    };
    const { steps } = await run({ ...options, step: counting, epochs: 1, batchSize: 7 });
    const share = sequenceExamples(30, 2).filter(({ target }) => target > 0).length / 30;
    expect(steps.at(-1)?.means["positive"]).toBeCloseTo(share, 12);
  });

  test("takes data from anywhere, by position, and says when there are none", async () => {
    const { model, options } = regression();
    const asked: (string | undefined)[] = [];
    const letters: TrainingData<SequenceExample> = {
      ...{ name: "letters.txt", size: 4 },
      async *examples({ after }) {
        asked.push(after);
        for (const position of "abcd") {
          if (after === undefined || position > after)
            yield { example: sequenceExamples(1, 3)[0] as SequenceExample, position };
        }
      },
    };
    const state = createTrainingState(model);
    await run({ ...options, data: letters, state, batchSize: 2, epochs: 2 }, 2);
    expect(state.progress).toMatchObject({ epoch: 1, step: 3, position: "b" });
    await run({ ...options, data: letters, state, batchSize: 2, epochs: 2 });
    expect(asked).toEqual([undefined, undefined, "b"]);
    await expect(run({ ...options, data: [] })).rejects.toThrow("train: there is no example in the training data.");
  });

  test("names the step whose loss is no number, the parameter that is none, and the figure", async () => {
    const { model, options } = regression();
    const exploding = (step: number) => (step < 1 ? 0.001 : Number.POSITIVE_INFINITY);
    const before = tf.memory().numTensors;
    await expect(run({ ...options, batchSize: 10, schedule: exploding, optimizer: sgd() })).rejects.toThrow(
      "Training: the loss of step 2 is NaN. The first tensor that is not finite is the parameter hidden.kernel [3, 5]: ",
    );
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    const { options: other } = regression();
    await expect(run({ ...other, measure: () => ({ error: Number.NaN }) })).rejects.toThrow(
      "Training: the figure error of epoch 0 must be a finite number. Got NaN.",
    );
  });

  test.each([
    [() => ({ data: [] }), "train: step must be an object. Got none."],
    [
      () => ({ data: [], step: { parameters: () => new Map() } }),
      "train: step: gradients must be a function. Got none.",
    ],
    [() => ({ step: regression }), "train: step must be an object. Got a function."],
    [() => ({ ...regression().options, epochs: 0 }), "train: epochs must be a whole number of 1 or more. Got 0."],
    [() => ({ ...regression().options, epoch: 3 }), 'train: there is no option "epoch". Did you mean epochs?'],
    [() => ({ ...regression().options, schedule: 0.01 }), "train: schedule must be a function. Got 0.01."],
    [
      () => ({ ...regression().options, epochs: 2, measure: () => ({ error: 1 }) }),
      "train: measure gives no loss to compare epochs by, and there is no isBetter.",
    ],
  ])("refuses what it cannot train by, with a sentence: %#", async (wrong, sentence) => {
    await expect(run(wrong() as never)).rejects.toThrow(sentence);
  });
});
