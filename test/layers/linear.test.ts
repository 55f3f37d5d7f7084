import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { Linear } from "../../src/layers/linear.ts";
import { dense } from "../../src/ops/dense.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectGradients, expectNoLeak, randomizeParameters, randomTensor } from "../support/tensors.ts";

const ACTIVATIONS = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  tanh: Math.tanh,
} as const;

describeOnBackends("Linear", () => {
  for (const [activation, apply] of Object.entries(ACTIVATIONS) as [
    keyof typeof ACTIVATIONS,
    (x: number) => number,
  ][]) {
    for (const bias of [true, false]) {
      test(`is ${activation}(x * kernel${bias ? " + bias" : ""}) over the last axis`, async () => {
        const random = new RandomStream(61);
        const layer = new Linear({ inputSize: 3, outputSize: 2, activation, bias }, random);
        randomizeParameters(layer.parameters().values(), random);
        const x = randomTensor<tf.Rank.R3>([2, 4, 3], random);
        const y = layer.forward(x);
        expect(y.shape).toEqual([2, 4, 2]);
        const kernel = (await layer.kernel.array()) as number[][];
        const offsets = ((await layer.bias?.array()) ?? [0, 0]) as number[];
        const rows = ((await x.array()) as number[][][]).flat();
        const expected = rows.flatMap((row) =>
          offsets.map((offset, column) =>
            apply(row.reduce((sum, value, input) => sum + value * (kernel[input]?.[column] as number), offset)),
          ),
        );
        expectClose(await y.data(), expected, 1e-6, "y");
      });
    }

    test(`has the gradient of its formula with ${activation}`, async () => {
      const random = new RandomStream(62);
      const mask = tf.tensor1d([1, 0, 1]);
      const inputs = [[3, 4], [4, 2], [2]].map((shape) => randomTensor(shape as [number], random));
      const weights = randomTensor([3, 2] as never, random);
      await expectGradients(
        (x, kernel, bias) =>
          tf.sum(
            tf.mul(
              dense(x as tf.Tensor, kernel as tf.Tensor2D, bias as tf.Tensor1D, { activation, mask }),
              tf.mul(weights, tf.expandDims(mask, 1)),
            ),
          ) as tf.Scalar,
        inputs,
        ["x", "kernel", "bias"],
      );
    });
  }

  test("leaves no tensor behind: forward, gradient, failed call", async () => {
    const random = new RandomStream(63);
    const layer = new Linear({ inputSize: 3, outputSize: 2 }, random);
    const x = randomTensor<tf.Rank.R2>([5, 3], random);
    const wrong = randomTensor<tf.Rank.R2>([5, 4], random);
    await expectNoLeak(() => layer.forward(x).dispose());
    await expectNoLeak(() =>
      tf.dispose(tf.variableGrads(() => tf.sum(layer.forward(x))) as unknown as tf.TensorContainer),
    );
    await expectNoLeak(() =>
      expect(() => layer.forward(wrong)).toThrow("Linear: x must have shape [5, 3]. Got [5, 4]."),
    );
  });
});

test("Linear starts Xavier-uniform, the same for the same seed, and says which size is wrong", async () => {
  const create = () => new Linear({ inputSize: 30, outputSize: 20 }, new RandomStream(64));
  const values = await create().kernel.data();
  const limit = Math.sqrt(6 / 50);
  expect(Math.max(...values)).toBeGreaterThan(0.9 * limit);
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(limit);
  expect(await create().kernel.data()).toEqual(values);
  expect(() => new Linear({ inputSize: 0, outputSize: 2 }, null)).toThrow(
    "Linear: inputSize must be a whole number of 1 or more. Got 0.",
  );
});
