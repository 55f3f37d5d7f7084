import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { type ParameterValues, readVariables } from "../../src/core/state.ts";
import { useBackend } from "../../src/node/backend.ts";
import type { TrainSection } from "../../src/paddle/train-section.ts";
import { describeTrainingLoss, trainingRecipe } from "../../src/paddle/training-recipe.ts";
import {
  adamW,
  asymmetricLoss,
  encoderLearningRateScale,
  focalLoss,
  lossOf,
  type Optimizer,
  rmsProp,
  sgd,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  weightDecayExcept,
  withLabelSmoothing,
} from "../../src/training/index.ts";
import { SMALL_SIZES, smallConfig, smallTagger } from "../support/small-tagger.ts";

await useBackend("cpu");

/** [TRAIN] without a key of ours. */
const ORIGINAL: TrainSection = {
  epochs: 3,
  optimizer: "rmsprop",
  momentum: undefined,
  learningRate: 0.5,
  schedule: "piecewise",
  decayGamma: 0.25,
  decayEpochs: [1, 2],
  warmupSteps: 0,
  encoderLearningRate: undefined,
  encoderLayerDecay: undefined,
  weightDecay: 0.125,
  decayBiases: true,
  maxGradientNorm: undefined,
  averageDecay: undefined,
  numSamples: undefined,
  batchSize: 4,
  lossType: "sigmoid",
  labelSmoothing: 0,
  modalDropRate: 0,
  ernieFolder: undefined,
  features: "features",
  list: "list.txt",
  earlyStop: 20,
  seed: 0,
};

const FINE_TUNED = smallConfig({ text: { ...SMALL_SIZES.text, training: "fine-tuned" } });

/** The recipe of a configuration for a fresh small model, and that model. */
function recipe(changes: Partial<TrainSection>, listSize = 10) {
  const model = smallTagger(FINE_TUNED, 5);
  const train = { ...ORIGINAL, ...changes };
  return { model, ...trainingRecipe(train, { model, listSize, epochs: train.epochs }) };
}

/** The parameters of a fresh small model after two steps with gradients that are half of the parameters. */
async function afterTwoSteps(optimizer: Optimizer): Promise<Map<string, ParameterValues>> {
  const parameters = smallTagger(FINE_TUNED, 5).trainableParameters();
  const state = optimizer.init(parameters);
  for (const rate of [0.25, 0.5]) {
    const gradients = new Map([...parameters].map(([path, variable]) => [path, tf.mul(variable, 0.5)]));
    optimizer.update(parameters, gradients, state, rate);
    tf.dispose([...gradients.values()]);
  }
  const values = await readVariables(parameters);
  tf.dispose([...parameters.values(), ...state.values()]);
  return values;
}

describe("the optimizer of a configuration", () => {
  const exceptOne = weightDecayExcept(0.125, [/^audio\.lstm\.forwards\.input\.bias$/]);
  const exceptBiases = weightDecayExcept(0.125, [/bias$/, /[nN]orm\.scale$/]);
  const layerwise = encoderLearningRateScale(smallTagger(FINE_TUNED, 5), { encoderScale: 0.5, layerDecay: 0.75 });

  test.each([
    ["the original's", {}, rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: exceptOne })],
    ["AdamW", { optimizer: "adamw" }, adamW({ weightDecay: exceptOne })],
    ["SGD", { optimizer: "sgd", momentum: 0.5 }, sgd({ momentum: 0.5, weightDecay: exceptOne })],
    ["without decay of biases", { optimizer: "adamw", decayBiases: false }, adamW({ weightDecay: exceptBiases })],
    [
      "with rates of the encoder's own",
      { optimizer: "sgd", momentum: 0, encoderLearningRate: 0.25, encoderLayerDecay: 0.75 },
      sgd({ weightDecay: exceptOne, learningRateScale: layerwise }),
    ],
  ] as const)("%s", async (_, changes, expected) => {
    const values = await afterTwoSteps(recipe(changes).optimizer);
    expect(values).toEqual(await afterTwoSteps(expected));
    if (Object.keys(changes).length > 0) expect(values).not.toEqual(await afterTwoSteps(recipe({}).optimizer));
  });
});

describe("the schedule of a configuration", () => {
  // 10 videos in batches of 4: three steps an epoch, nine in all; the original counts 2.5.
  const rates = (changes: Partial<TrainSection>) =>
    Array.from({ length: 11 }, (_, step) => recipe(changes).schedule(step));

  test("falls in pieces as the original's", () => {
    expect(rates({})).toEqual([...Array(3).fill(0.5), ...Array(2).fill(0.125), ...Array(6).fill(0.03125)]);
  });

  test("falls to 0 with the last step, along a line or a cosine", () => {
    const linear = rates({ schedule: "linear" });
    expect(linear[0]).toBe(0.5);
    expect(linear[6]).toBeCloseTo(0.5 / 3, 12);
    expect(linear.slice(8)).toEqual([expect.closeTo(0.5 / 9, 12), 0, 0]);
    const cosine = rates({ schedule: "cosine" });
    expect(cosine[3]).toBeCloseTo(0.375, 12);
    expect(cosine.slice(9)).toEqual([0, 0]);
  });

  test("rises first in the steps of a warm-up", () => {
    expect(rates({ warmupSteps: 4 }).slice(0, 5)).toEqual([0.125, 0.25, 0.375, 0.125, 0.125]);
  });
});

describe("the loss of a configuration", () => {
  const logits = tf.tensor2d([2, -1, 0.5, -3, 1, 0.25], [2, 3]);
  const labels = tf.tensor2d([1, 0, 0, 0, 0.5, 0.5], [2, 3]);

  test.each([
    [{}, sigmoidCrossEntropy, undefined],
    [{ lossType: "softmax" }, softmaxCrossEntropy, undefined],
    [{ lossType: "focal" }, focalLoss(), "focal loss"],
    [{ lossType: "asymmetric" }, asymmetricLoss(), "asymmetric loss"],
    [
      { labelSmoothing: 0.25 },
      withLabelSmoothing(sigmoidCrossEntropy, { amount: 0.25, form: "multi-hot" }),
      "cross-entropy with label smoothing 0.25",
    ],
    [
      { lossType: "softmax", labelSmoothing: 0.25 },
      withLabelSmoothing(softmaxCrossEntropy, { amount: 0.25, form: "distribution" }),
      "cross-entropy with label smoothing 0.25",
    ],
  ] as const)("%j", async (changes, expected, description) => {
    const loss = lossOf(recipe(changes).loss);
    expect((await loss(logits, labels).data())[0]).toBe((await expected(logits, labels).data())[0]);
    expect(describeTrainingLoss({ ...ORIGINAL, ...changes })).toBe(description);
  });
});

test("clipping and averaged weights are there where they are asked for, and nowhere else", async () => {
  expect(recipe({})).not.toHaveProperty("average");
  expect(recipe({})).not.toHaveProperty("maxGradientNorm");
  const { model, average, maxGradientNorm } = recipe({ averageDecay: 0.75, maxGradientNorm: 2 });
  expect(maxGradientNorm).toBe(2);
  const bias = model.head.bias as tf.Variable;
  const parameters = new Map([["head.bias", bias]]);
  const state = average?.init(parameters) ?? new Map();
  bias.assign(tf.add(bias, 1));
  average?.update(parameters, state);
  const [after, mean] = [await bias.data(), await state.get("head.bias:average")?.data()];
  for (const [index, value] of after.entries()) expect(mean?.[index]).toBeCloseTo(value - 0.75, 6);
});
