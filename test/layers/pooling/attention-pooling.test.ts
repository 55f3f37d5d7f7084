import type * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { AttentionPooling } from "../../../src/layers/pooling/attention-pooling.ts";
import { describeOnBackends } from "../../support/backends.ts";
import { describeTemporalPooling } from "../../support/temporal-pooling.ts";
import { expectClose, randomizeParameters, randomSequence, randomTensor } from "../../support/tensors.ts";

const random = () => new RandomStream(21);

describeTemporalPooling("AttentionPooling, by itself", {
  create: () => new AttentionPooling({ inputSize: 3 }, random()),
  inputSize: 3,
  message: "AttentionPooling: values must have shape [batch, time, 3]. Got [3, 7].",
});

describeTemporalPooling("AttentionPooling, guided", {
  create: () => new AttentionPooling({ inputSize: 3, guideSize: 2 }, random()),
  inputSize: 3,
  guideSize: 2,
  message: "AttentionPooling: guide must have shape [3, 2]. Got [3, 7].",
});

describeOnBackends("AttentionPooling", () => {
  test("weighs rows by softmax of score(tanh(energy([row, text]))), and padding by 0", async () => {
    const stream = random();
    const layer = new AttentionPooling({ inputSize: 3, guideSize: 2 }, stream);
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

  test("asks for the guide that it was made for", () => {
    const layer = new AttentionPooling({ inputSize: 3, guideSize: 2 }, random());
    const sequence = randomSequence([2], 3, random());
    expect(() => layer.forward(sequence)).toThrow("AttentionPooling: it is guided, so it needs a guide. Got none.");
  });
});
