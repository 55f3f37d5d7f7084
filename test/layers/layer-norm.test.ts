import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { LayerNorm } from "../../src/layers/layer-norm.ts";
import { layerNorm } from "../../src/ops/layer-norm.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectGradients, expectNoLeak, randomizeParameters, randomTensor } from "../support/tensors.ts";

describeOnBackends("LayerNorm", () => {
  test("is (x - mean) / sqrt(variance + epsilon) * scale + bias", async () => {
    const random = new RandomStream(71);
    const layer = new LayerNorm({ size: 5, epsilon: 0.1 });
    randomizeParameters(layer.parameters().values(), random);
    const x = randomTensor<tf.Rank.R3>([2, 3, 5], random, 3);
    const scale = await layer.scale.data();
    const bias = await layer.bias.data();
    const expected = ((await x.array()) as number[][][]).flat().flatMap((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / 5;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5;
      return row.map(
        (value, column) =>
          ((value - mean) / Math.sqrt(variance + 0.1)) * (scale[column] as number) + (bias[column] as number),
      );
    });
    expectClose(await layer.forward(x).data(), expected, 2e-6, "y");
  });

  test("has the gradient of its formula", async () => {
    const random = new RandomStream(72);
    const inputs = [[3, 4], [4], [4]].map((shape) => randomTensor(shape as [number], random));
    const weights = randomTensor([3, 4] as never, random);
    await expectGradients(
      (x, scale, bias) =>
        tf.sum(
          tf.mul(layerNorm(x as tf.Tensor, scale as tf.Tensor1D, bias as tf.Tensor1D, 1e-5), weights),
        ) as tf.Scalar,
      inputs,
      ["x", "scale", "bias"],
    );
  });

  test("leaves no tensor behind: forward, gradient, failed call", async () => {
    const layer = new LayerNorm({ size: 4 });
    const x = randomTensor<tf.Rank.R2>([3, 4], new RandomStream(73));
    const wrong = randomTensor<tf.Rank.R2>([4, 3], new RandomStream(74));
    await expectNoLeak(() => layer.forward(x).dispose());
    await expectNoLeak(() =>
      tf.dispose(tf.variableGrads(() => tf.sum(layer.forward(x))) as unknown as tf.TensorContainer),
    );
    await expectNoLeak(() =>
      expect(() => layer.forward(wrong)).toThrow("LayerNorm: x must have shape [4, 4]. Got [4, 3]."),
    );
  });
});
