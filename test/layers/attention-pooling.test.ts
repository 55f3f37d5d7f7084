import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { AttentionPooling } from "../../src/layers/attention-pooling.ts";
import { describeOnBackends } from "../support/backends.ts";
import { describeSequenceLayer } from "../support/sequence-layer.ts";
import { expectClose, randomizeParameters, randomSequence, randomTensor } from "../support/tensors.ts";

const random = () => new RandomStream(21);

describeSequenceLayer("AttentionPooling, self", {
  create: () => new AttentionPooling({ mode: "self", featureSize: 3 }, random()),
  inputSize: 3,
  forward: (layer, sequence) => tf.tidy(() => layer.forward(sequence).pooled),
  failure: {
    run: (layer, { values }, wrong) => layer.forward({ values, mask: wrong }),
    message: "AttentionPooling: mask must have shape [3, 4]. Got [3, 7].",
  },
});

describeSequenceLayer("AttentionPooling, text-guided", {
  create: () => new AttentionPooling({ mode: "text-guided", featureSize: 3, textSize: 2 }, random()),
  inputSize: 3,
  textSize: 2,
  forward: (layer, sequence, text) => tf.tidy(() => layer.forward(sequence, text).pooled),
  failure: {
    run: (layer, sequence, wrong) => layer.forward(sequence, wrong),
    message: "AttentionPooling: text must have shape [3, 2]. Got [3, 7].",
  },
});

describeOnBackends("AttentionPooling", () => {
  test("weighs rows by softmax of score(tanh(energy([row, text]))), and padding by 0", async () => {
    const stream = random();
    const layer = new AttentionPooling({ mode: "text-guided", featureSize: 3, textSize: 2 }, stream);
    randomizeParameters(layer.parameters().values(), stream);
    const lengths = [2, 4];
    const sequence = randomSequence(lengths, 3, stream);
    const text = randomTensor<tf.Rank.R2>([2, 2], stream);
    const { pooled, weights } = layer.forward(sequence, text);
    const [values, texts, energy, energyBias, score] = (await Promise.all([
      sequence.values.array(),
      text.array(),
      layer.energy?.kernel.array(),
      layer.energy?.bias?.array(),
      layer.score.kernel.array(),
    ])) as [number[][][], number[][], number[][], number[], number[][]];
    const expectedWeights: number[] = [];
    const expectedPooled: number[] = [];
    for (const [index, length] of lengths.entries()) {
      const rows = values[index]?.slice(0, length) as number[][];
      const scores = rows.map((row) => {
        const joined = [...row, ...(texts[index] as number[])];
        const energies = energyBias.map((bias, unit) =>
          Math.tanh(joined.reduce((sum, value, input) => sum + value * (energy[input]?.[unit] as number), bias)),
        );
        return energies.reduce((sum, value, unit) => sum + value * (score[unit]?.[0] as number), 0);
      });
      const total = scores.reduce((sum, value) => sum + Math.exp(value), 0);
      const shares = scores.map((value) => Math.exp(value) / total);
      expectedWeights.push(...shares, ...new Array(4 - length).fill(0));
      for (let column = 0; column < 3; column++) {
        expectedPooled.push(
          rows.reduce((sum, row, step) => sum + (row[column] as number) * (shares[step] as number), 0),
        );
      }
    }
    expectClose(await weights.data(), expectedWeights, 1e-6, "weights");
    expectClose(await pooled.data(), expectedPooled, 1e-6, "pooled");
  });

  test("gives zeros for a sequence without any row", async () => {
    const layer = new AttentionPooling({ mode: "self", featureSize: 3 }, random());
    const { pooled, weights } = layer.forward({ values: tf.ones([1, 2, 3]), mask: tf.zeros([1, 2]) });
    expect([...(await pooled.data()), ...(await weights.data())]).toEqual([0, 0, 0, 0, 0]);
  });

  test("asks for the text that guides it", () => {
    const layer = new AttentionPooling({ mode: "text-guided", featureSize: 3, textSize: 2 }, random());
    const sequence = randomSequence([2], 3, random());
    expect(() => layer.forward(sequence)).toThrow("AttentionPooling: text is needed in text-guided mode.");
  });
});
