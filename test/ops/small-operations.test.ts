import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { gelu } from "../../src/ops/gelu.ts";
import { maskedMax } from "../../src/ops/masked-max.ts";
import { maskedSoftmax } from "../../src/ops/masked-softmax.ts";
import { rowRange } from "../../src/ops/row-gathering.ts";
import { reverseSteps, timeStep } from "../../src/ops/time-steps.ts";
import { unfoldTime } from "../../src/ops/time-unfolding.ts";
import { weightedSum } from "../../src/ops/weighted-sum.ts";
import { withoutGradient } from "../../src/ops/without-gradient.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectGradients, expectNoLeak, randomTensor } from "../support/tensors.ts";

const mask = () =>
  tf.tensor2d([
    [1, 1, 0],
    [1, 1, 1],
    [0, 0, 0],
  ]);

describeOnBackends("Operations", () => {
  test("maskedSoftmax sums to 1 over what is kept, whatever the size of the scores; a row without anything gives zeros", async () => {
    const scores = tf.tensor2d([
      [1, 3, 1e30],
      [1e4, -1e4, 1e4],
      [5, 6, 7],
    ]);
    const e = Math.exp(-2);
    const expected = [e / (1 + e), 1 / (1 + e), 0, 0.5, 0, 0.5, 0, 0, 0];
    expectClose(await maskedSoftmax(scores, mask()).data(), expected, 1e-6, "weights");
    const kept = mask();
    await expectNoLeak(() => maskedSoftmax(scores, kept).dispose());
  });

  test("maskedMax is the highest of what is kept, and 0 where nothing is", async () => {
    const values = tf.tensor3d([
      [[-3], [-2], [9]],
      [[4], [4], [-1]],
      [[8], [8], [8]],
    ]);
    expectClose(await maskedMax(values, mask()).data(), [-2, 4, 0], 0, "highest");
    const gradient = tf.grad((x) => maskedMax(x as tf.Tensor3D, mask()))(values);
    expectClose(await gradient.data(), [0, 1, 0, 1, 0, 0, 0, 0, 0], 0, "gradient");
  });

  test.each([
    [1, [[1], [2], [3]]],
    [
      2,
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
    ],
    [
      3,
      [
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 0],
      ],
    ],
    [
      4,
      [
        [0, 0, 1, 2],
        [0, 1, 2, 3],
        [1, 2, 3, 0],
      ],
    ],
  ])("unfoldTime puts window %i around each step, starting floor(window / 2) before it", async (window, expected) => {
    const values = tf.tensor3d([[[1], [2], [3]]]);
    expect(await unfoldTime(values, window).array()).toEqual([expected]);
    const random = new RandomStream(1);
    const weights = randomTensor<tf.Rank.R3>([2, 3, 2 * window], random);
    await expectGradients(
      (x) => tf.sum(tf.mul(unfoldTime(x as tf.Tensor3D, window), weights)) as tf.Scalar,
      [randomTensor<tf.Rank.R3>([2, 3, 2], random)],
      ["values"],
    );
    await expectNoLeak(() => unfoldTime(values, window).dispose());
  });

  test("unfoldTime keeps videos apart and values of a step together", async () => {
    const values = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    const expected = [0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8, 5, 6, 7, 8, 0, 0];
    const unfolded = unfoldTime(values, 3);
    expect(unfolded.shape).toEqual([2, 2, 6]);
    expectClose(await unfolded.data(), expected, 0, "windows");
  });

  test("rowRange takes rows of a matrix, with the gradient of these", async () => {
    const matrix = randomTensor<tf.Rank.R2>([5, 3], new RandomStream(3));
    expect(await rowRange(matrix, 1, 4).array()).toEqual((await matrix.array()).slice(1, 4));
    const gradient = tf.grad((x) => tf.sum(tf.square(rowRange(x as tf.Tensor2D, 1, 4))))(matrix);
    const expected = (await matrix.array()).map((row, index) =>
      row.map((value) => (index === 0 || index === 4 ? 0 : 2 * value)),
    );
    expectClose(await gradient.data(), expected.flat(), 1e-6, "gradient");
    await expectNoLeak(() => rowRange(matrix, 0, 2).dispose());
  });

  test("weightedSum adds steps by their weights, with its gradient", async () => {
    const values = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    const weights = tf.tensor2d([1, 10, 0.5, 0], [2, 2]);
    expectClose(await weightedSum(values, weights).data(), [31, 42, 2.5, 3], 1e-6, "sums");
    const random = new RandomStream(2);
    const factors = randomTensor<tf.Rank.R2>([3, 2], random);
    await expectGradients(
      (v, w) => tf.sum(tf.mul(weightedSum(v as tf.Tensor3D, w as tf.Tensor2D), factors)) as tf.Scalar,
      [randomTensor<tf.Rank.R3>([3, 4, 2], random), randomTensor<tf.Rank.R2>([3, 4], random)],
      ["values", "weights"],
    );
    await expectNoLeak(() => weightedSum(values, weights).dispose());
  });

  test("timeStep and reverseSteps take single steps", async () => {
    const steps = tf.tensor3d([[[1, 2]], [[3, 4]], [[5, 6]]]);
    expect(await timeStep(steps, 1).array()).toEqual([[3, 4]]);
    expect(await reverseSteps(steps).array()).toEqual([[[5, 6]], [[3, 4]], [[1, 2]]]);
    await expectNoLeak(() => tf.dispose([timeStep(steps, 2), reverseSteps(steps)]));
  });

  test("gelu is x * Phi(x), with its gradient", async () => {
    // Phi from its series, in double precision.
    const phi = (x: number): number => {
      let [term, sum] = [x, x];
      for (let n = 1; n < 60; n++) {
        term *= (x * x) / (2 * n + 1);
        sum += term;
      }
      return 0.5 + (sum * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI);
    };
    const points = [-4, -1.5, -0.3, 0, 0.3, 1.5, 4];
    expectClose(
      await gelu(tf.tensor1d(points)).data(),
      points.map((x) => x * phi(x)),
      1e-6,
      "gelu",
    );
    await expectGradients((x) => tf.sum(gelu(x as tf.Tensor)) as tf.Scalar, [tf.tensor1d(points)], ["x"]);
  });

  test("withoutGradient is a constant: no gradient flows back, and nothing is kept for one", async () => {
    const x = tf.tensor1d([2, 3]);
    const gradient = tf.grad((moved) =>
      tf.sum(
        tf.mul(
          moved,
          withoutGradient(() => tf.square(moved)),
        ),
      ),
    )(x);
    expectClose(await gradient.data(), [4, 9], 0, "gradient");
    await expectNoLeak(() => withoutGradient(() => tf.square(x)).dispose());
    await expectNoLeak(() =>
      tf
        .grad((moved) =>
          tf.sum(
            tf.mul(
              moved,
              withoutGradient(() => tf.square(x)),
            ),
          ),
        )(x)
        .dispose(),
    );
  });
});
