import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { Embedding } from "../../src/layers/embedding.ts";
import { embeddingLookup } from "../../src/ops/embedding-lookup.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectGradients, expectNoLeak, randomTensor } from "../support/tensors.ts";

describeOnBackends("Embedding", () => {
  test("gives the table's rows, and adds up the gradients of a row that is asked for twice", async () => {
    const layer = new Embedding({ rows: 5, size: 3, initializerRange: 0.02 }, new RandomStream(81));
    const ids = tf.tensor2d(
      [
        [4, 0],
        [4, 2],
      ],
      [2, 2],
      "int32",
    );
    const table = (await layer.table.array()) as number[][];
    const rows = layer.forward(ids);
    expect(rows.shape).toEqual([2, 2, 3]);
    expectClose(
      await rows.data(),
      [4, 0, 4, 2].flatMap((id) => table[id] as number[]),
      0,
      "rows",
    );

    const weights = randomTensor([2, 2, 3] as never, new RandomStream(82));
    await expectGradients(
      (moved) => tf.sum(tf.mul(embeddingLookup(moved as tf.Tensor2D, ids), weights)) as tf.Scalar,
      [layer.table.clone()],
      ["table"],
    );
  });

  test("leaves no tensor behind: forward, gradient", async () => {
    const layer = new Embedding({ rows: 5, size: 3, initializerRange: 0.02 }, new RandomStream(83));
    const ids = tf.tensor1d([1, 1], "int32");
    await expectNoLeak(() => layer.forward(ids).dispose());
    await expectNoLeak(() =>
      tf.dispose(tf.variableGrads(() => tf.sum(layer.forward(ids))) as unknown as tf.TensorContainer),
    );
  });
});

test("Embedding starts normal, cut at two deviations", async () => {
  const layer = new Embedding({ rows: 400, size: 10, initializerRange: 0.5 }, new RandomStream(84));
  const values = [...(await layer.table.data())];
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  // Cutting a normal distribution at two deviations leaves 0.8796 of its deviation.
  expect(deviation / 0.5).toBeGreaterThan(0.85);
  expect(deviation / 0.5).toBeLessThan(0.91);
});
