import * as tf from "@tensorflow/tfjs-core";
import { test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { sigmoidCrossEntropy, softmaxCrossEntropy } from "../../src/ops/losses.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectGradients, expectNoLeak, randomTensor } from "../support/tensors.ts";

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

  for (const [name, lossOf] of Object.entries({ sigmoidCrossEntropy, softmaxCrossEntropy })) {
    test(`${name} has the gradient of its formula, and leaves no tensor behind`, async () => {
      const logits = randomTensor<tf.Rank.R2>([2, 3], new RandomStream(1));
      const target = labels();
      await expectGradients(
        (x, y) => lossOf(x as tf.Tensor2D, y as tf.Tensor2D),
        [logits, target],
        ["logits", "labels"],
      );
      await expectNoLeak(() => lossOf(logits, target).dispose());
    });
  }
});
