import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { TextCnn } from "../../../src/layers/pooling/text-cnn.ts";
import { describeOnBackends } from "../../support/backends.ts";
import { describeTemporalPooling } from "../../support/temporal-pooling.ts";
import { expectClose, randomizeParameters, randomSequence } from "../../support/tensors.ts";

const create = () => new TextCnn({ inputSize: 2, filters: 3, windows: [1, 2, 3, 4] }, new RandomStream(31));

describeTemporalPooling("TextCnn", {
  create,
  inputSize: 2,
  message: "TextCnn: tokens values must have shape [batch, time, 2]. Got [3, 7].",
});

describeOnBackends("TextCnn", () => {
  test("is the highest tanh of each window's product, windows standing floor(w / 2) before their row", async () => {
    const layer = create();
    randomizeParameters(layer.parameters().values(), new RandomStream(32));
    const lengths = [3, 1, 5];
    const sequence = randomSequence(lengths, 2, new RandomStream(33));
    const values = (await sequence.values.array()) as number[][][];
    const expected: number[] = [];
    for (const [index, length] of lengths.entries()) {
      for (const [number, window] of layer.config.windows.entries()) {
        const kernel = (await layer.convolutions[number]?.kernel.array()) as number[][];
        const bias = (await layer.convolutions[number]?.bias?.array()) as number[];
        for (let filter = 0; filter < 3; filter++) {
          const rows = Array.from({ length }, (_, step) => {
            let sum = bias[filter] as number;
            for (let offset = 0; offset < window; offset++) {
              const row = step - Math.floor(window / 2) + offset;
              if (row < 0 || row >= length) continue;
              for (let column = 0; column < 2; column++) {
                sum += (values[index]?.[row]?.[column] as number) * (kernel[offset * 2 + column]?.[filter] as number);
              }
            }
            return Math.tanh(sum);
          });
          expected.push(Math.max(...rows));
        }
      }
    }
    const features = layer.forward(sequence).pooled;
    expect(features.shape).toEqual([3, 12]);
    expectClose(await features.data(), expected, 1e-6, "features");
  });

  test("passes the gradient of equal rows to the first of them only, as Paddle does", async () => {
    const layer = new TextCnn({ inputSize: 1, filters: 1, windows: [1] }, null);
    const one = tf.tensor2d([[1]]);
    layer.convolutions[0]?.kernel.assign(one);
    const values = tf.tensor3d([[[2], [2], [2]]]);
    const mask = tf.ones([1, 3]) as tf.Tensor2D;
    const gradient = tf.grad((x) => layer.forward({ values: x as tf.Tensor3D, mask }).pooled)(values);
    expectClose(await gradient.data(), [1 - Math.tanh(2) ** 2, 0, 0], 1e-6, "gradient");
  });
});
