import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { MaxPooling } from "../../../src/layers/pooling/max-pooling.ts";
import { describeOnBackends } from "../../support/backends.ts";
import { describeTemporalPooling } from "../../support/temporal-pooling.ts";
import { expectClose, randomSequence } from "../../support/tensors.ts";

describeTemporalPooling("MaxPooling", {
  create: () => new MaxPooling({ inputSize: 3 }),
  inputSize: 3,
  message: "MaxPooling: values must have shape [batch, time, 3]. Got [3, 7].",
});

describeOnBackends("MaxPooling", () => {
  test("is the highest value of each column, also where all are below zero", async () => {
    const lengths = [3, 1, 5];
    const drawn = randomSequence(lengths, 3, new RandomStream(42));
    const sequence = { ...drawn, values: tf.sub(drawn.values, 10) as tf.Tensor3D };
    const values = (await sequence.values.array()) as number[][][];
    const expected = lengths.flatMap((length, index) =>
      [0, 1, 2].map((column) => {
        const rows = values[index]?.slice(0, length) as number[][];
        return Math.max(...rows.map((row) => row[column] as number));
      }),
    );
    const { pooled, weights } = new MaxPooling({ inputSize: 3 }).forward(sequence);
    expectClose(await pooled.data(), expected, 1e-6, "pooled");
    expect(weights).toBeUndefined();
  });
});

test("its size is checked at the door", () => {
  expect(() => new MaxPooling({ inputSize: 0 })).toThrow(
    new RangeError("MaxPooling: inputSize must be a whole number of 1 or more. Got 0."),
  );
});
