import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { asymmetricLoss } from "../../src/ops/asymmetric-loss.ts";
import { focalLoss } from "../../src/ops/focal-loss.ts";
import { withLabelSmoothing } from "../../src/ops/label-smoothing.ts";
import type { Loss } from "../../src/ops/loss.ts";
import { sigmoidCrossEntropy } from "../../src/ops/sigmoid-cross-entropy.ts";
import { softmaxCrossEntropy } from "../../src/ops/softmax-cross-entropy.ts";
import { describeOnBackends } from "../support/backends.ts";
import { type GoldenTensor, readPyTorchGolden, toTensor } from "../support/pytorch-golden.ts";
import {
  expectClose,
  expectGradients,
  expectNoLeak,
  expectTensorClose,
  largest,
  randomTensor,
} from "../support/tensors.ts";

interface GoldenCase {
  readonly labels: GoldenTensor;
  readonly weights: GoldenTensor | null;
  readonly loss: number;
  readonly gradient: GoldenTensor;
}

const golden = readPyTorchGolden<{
  readonly logits: GoldenTensor;
  readonly cases: Readonly<Record<string, GoldenCase>>;
}>("losses.json");

/** The losses of the golden cases. */
const GOLDEN_LOSSES: Readonly<Record<string, Loss>> = {
  sigmoid: sigmoidCrossEntropy,
  sigmoidWeighted: sigmoidCrossEntropy,
  sigmoidRowWeights: sigmoidCrossEntropy,
  sigmoidPositiveWeights: sigmoidCrossEntropy,
  sigmoidSmoothed: withLabelSmoothing(sigmoidCrossEntropy, { amount: 0.1, form: "multi-hot" }),
  softmax: softmaxCrossEntropy,
  softmaxClassWeights: softmaxCrossEntropy,
  softmaxSmoothed: withLabelSmoothing(softmaxCrossEntropy, { amount: 0.1, form: "distribution" }),
  focal: focalLoss(),
  focalBalanced: focalLoss({ gamma: 1.5, alpha: 0.25 }),
  asymmetric: asymmetricLoss(),
  asymmetricUnshifted: asymmetricLoss({ gammaPositive: 1, gammaNegative: 2.5, shift: 0 }),
  asymmetricRowWeights: asymmetricLoss({ gammaPositive: 2, gammaNegative: 1, shift: 0.2 }),
};

const LOSSES: Readonly<Record<string, Loss>> = {
  "sigmoid cross-entropy": sigmoidCrossEntropy,
  "softmax cross-entropy": softmaxCrossEntropy,
  "focal loss": focalLoss(),
  "balanced focal loss": focalLoss({ gamma: 0.5, alpha: 0.7 }),
  "asymmetric loss": asymmetricLoss({ gammaPositive: 1, gammaNegative: 2, shift: 0.1 }),
  "asymmetric loss without shift": asymmetricLoss({ gammaPositive: 0.5, gammaNegative: 3, shift: 0 }),
  "smoothed sigmoid cross-entropy": withLabelSmoothing(sigmoidCrossEntropy, { amount: 0.2, form: "multi-hot" }),
  "smoothed softmax cross-entropy": withLabelSmoothing(softmaxCrossEntropy, { amount: 0.2, form: "distribution" }),
};

const labels = () =>
  tf.tensor2d([
    [0, 1, 0.5],
    [1, 0, 0.25],
  ]);

describeOnBackends("Losses", () => {
  test("sigmoid cross-entropy is the summed negative log-likelihood, exact far from 0", async () => {
    const logits = [
      [-3, 0.5, 2],
      [60, -80, 0],
    ];
    const loss = sigmoidCrossEntropy(tf.tensor2d(logits), labels());
    const target = [
      [0, 1, 0.5],
      [1, 0, 0.25],
    ];
    let expected = 0;
    for (const [row, values] of logits.entries()) {
      for (const [column, x] of values.entries()) {
        const y = target[row]?.[column] as number;
        // -y log s(x) - (1 - y) log(1 - s(x)), with log s(x) = -log(1 + exp(-x)) in double precision
        expected += y * Math.log1p(Math.exp(-x)) + (1 - y) * Math.log1p(Math.exp(x));
      }
    }
    expectClose(await loss.data(), [expected], 1e-5, "loss");
    const extreme = sigmoidCrossEntropy(tf.tensor2d([[1000, -1000]]), tf.tensor2d([[0, 1]]));
    expectClose(await extreme.data(), [2000], 0, "extreme loss");
  });

  test("softmax cross-entropy is the summed -label * log softmax, exact far from 0", async () => {
    const logits = [
      [-3, 0.5, 2],
      [600, -80, 0],
    ];
    const loss = softmaxCrossEntropy(tf.tensor2d(logits), labels());
    const target = [
      [0, 1, 0.5],
      [1, 0, 0.25],
    ];
    let expected = 0;
    for (const [row, values] of logits.entries()) {
      const highest = Math.max(...values);
      const logSum = highest + Math.log(values.reduce((sum, x) => sum + Math.exp(x - highest), 0));
      for (const [column, x] of values.entries()) expected -= (target[row]?.[column] as number) * (x - logSum);
    }
    expectClose(await loss.data(), [expected], 1e-4, "loss");
  });

  for (const [name, { labels: target, weights, loss: expected, gradient }] of Object.entries(golden.cases)) {
    test(`${name}: the value and its gradient are PyTorch's`, async () => {
      const loss = GOLDEN_LOSSES[name] as Loss;
      const [x, y] = [toTensor(golden.logits), toTensor(target)] as [tf.Tensor2D, tf.Tensor2D];
      const w = weights === null ? undefined : (toTensor(weights) as tf.Tensor2D);
      const { value, grad } = tf.valueAndGrad((logits) => loss(logits as tf.Tensor2D, y, w))(x);
      expectClose(await value.data(), [expected], 1e-6 * expected, "loss");
      await expectTensorClose(grad, gradient, 1e-6 * Math.max(1, largest(gradient.data)), "gradient");
    });
  }

  for (const [name, loss] of Object.entries(LOSSES)) {
    const logits = () => randomTensor<tf.Rank.R2>([2, 3], new RandomStream(1));
    const weightings = {
      "": () => undefined,
      ", weighted by label": () => tf.tensor2d([0.5, 2, 0, 1, 1.5, 0.25], [2, 3]),
      ", weighted by video": () => tf.tensor2d([0.5, 2], [2, 1]),
    };
    for (const [how, weighting] of Object.entries<() => tf.Tensor2D | undefined>(weightings)) {
      test(`${name}${how} has the gradient of its formula, and leaves no tensor behind`, async () => {
        const x = logits();
        const y = labels();
        const weights = weighting();
        await expectGradients(
          (...inputs) => loss(...(inputs as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D?])),
          weights ? [x, y, weights] : [x, y],
          ["logits", "labels", "weights"],
        );
        await expectNoLeak(() => loss(x, y, weights).dispose());
        await expectNoLeak(() => tf.dispose(tf.valueAndGrad((moved) => loss(moved as tf.Tensor2D, y, weights))(x)));
      });
    }

    test(`${name}: a weight multiplies a label's term, ones change nothing, and what has none does not count`, async () => {
      const x = logits();
      const y = labels();
      const plain = loss(x, y);
      expectClose(await loss(x, y, tf.ones([2, 3])).data(), await plain.data(), 1e-6, "weights of 1");
      const rows = loss(x, y, tf.tensor2d([[3], [0.5]]));
      const each = loss(
        x,
        y,
        tf.tensor2d([
          [3, 3, 3],
          [0.5, 0.5, 0.5],
        ]),
      );
      expectClose(await rows.data(), await each.data(), 1e-5, "weights of rows");
      const row = (index: number) => loss(tf.slice(x, [index, 0], [1, 3]), tf.slice(y, [index, 0], [1, 3]));
      const [first, second] = [(await row(0).data())[0] as number, (await row(1).data())[0] as number];
      expectClose(await rows.data(), [3 * first + 0.5 * second], 1e-5, "sum of weighted rows");
      const unknown = tf.tensor2d([1, 1, 0, 1, 0, 0], [2, 3]);
      const otherwise = tf.tensor2d([0, 1, 1, 1, 1, 0], [2, 3]);
      expectClose(
        await loss(x, otherwise, unknown).data(),
        await loss(x, tf.tensor2d([0, 1, 0, 1, 0, 1], [2, 3]), unknown).data(),
        1e-6,
        "labels that are not known",
      );
    });

    test(`${name} and its gradient are finite however sure the model is`, async () => {
      const x = tf.tensor2d([200, -200, 0, -90, 90, 1e-9], [2, 3]);
      const y = tf.tensor2d([0, 1, 0, 0, 1, 0.5], [2, 3]);
      const { value, grad } = tf.valueAndGrad((moved) => loss(moved as tf.Tensor2D, y))(x);
      for (const number of [...(await value.data()), ...(await grad.data())]) expect(number).toSatisfy(Number.isFinite);
    });
  }

  test("focal and asymmetric loss without focus are cross-entropy", async () => {
    const x = randomTensor<tf.Rank.R2>([4, 7], new RandomStream(3), 5);
    const y = tf.sigmoid(randomTensor<tf.Rank.R2>([4, 7], new RandomStream(4)));
    const plain = await sigmoidCrossEntropy(x, y).data();
    const unfocused = asymmetricLoss({ gammaPositive: 0, gammaNegative: 0, shift: 0 });
    for (const loss of [focalLoss({ gamma: 0 }), unfocused]) {
      expectClose(await loss(x, y).data(), plain, 1e-6 * (plain[0] as number), "loss");
    }
    expectClose(await focalLoss({ gamma: 0, alpha: 0.5 })(x, y).data(), [(plain[0] as number) / 2], 1e-4, "half");
  });

  test("a false label below the shift counts for nothing, and pulls at nothing", async () => {
    for (const gammaNegative of [0, 0.5, 1, 4]) {
      const loss = asymmetricLoss({ gammaNegative, shift: 0.2 });
      const x = tf.tensor2d([[-1.4, -3, -100]]);
      const { value, grad } = tf.valueAndGrad((moved) => loss(moved as tf.Tensor2D, tf.zeros([1, 3])))(x);
      expectClose(await value.data(), [0], 0, "loss");
      expectClose(await grad.data(), [0, 0, 0], 0, "gradient");
    }
  });

  test("labels and weights of another shape are refused", () => {
    const x = tf.zeros([2, 3]) as tf.Tensor2D;
    for (const loss of Object.values(LOSSES)) {
      expect(() => loss(x, tf.zeros([2, 4]))).toThrow(/Loss: labels must have shape \[2, 3\]. Got \[2, 4\]./);
      expect(() => loss(x, tf.zeros([2, 3]), tf.zeros([1, 3]))).toThrow(
        "Loss: weights must have shape [2, 3]. Got [1, 3].",
      );
      expect(() => loss(x, tf.zeros([2, 3]), tf.zeros([3, 1]))).toThrow(
        "Loss: weights must have shape [2, 1]. Got [3, 1].",
      );
    }
  });
});

test("every golden case has its loss", () => {
  expect(Object.keys(GOLDEN_LOSSES).sort()).toEqual(Object.keys(golden.cases).sort());
});

test("losses refuse settings that are none", () => {
  expect(() => focalLoss({ gamma: -1 })).toThrow("focalLoss: gamma must be a number of 0 or more. Got -1.");
  expect(() => focalLoss({ alpha: 1.5 })).toThrow("focalLoss: alpha must lie in [0, 1]. Got 1.5.");
  expect(() => asymmetricLoss({ gammaPositive: Number.NaN })).toThrow(
    "asymmetricLoss: gammaPositive must be a number of 0 or more. Got NaN.",
  );
  expect(() => asymmetricLoss({ gammaNegative: -2 })).toThrow(
    "asymmetricLoss: gammaNegative must be a number of 0 or more. Got -2.",
  );
  expect(() => asymmetricLoss({ shift: 1 })).toThrow("asymmetricLoss: shift must lie in [0, 1). Got 1.");
  expect(() => withLabelSmoothing(focalLoss(), { amount: 1, form: "multi-hot" })).toThrow(
    "withLabelSmoothing: amount must lie in [0, 1). Got 1.",
  );
});
