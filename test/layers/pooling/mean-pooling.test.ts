import { expect, test } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { MeanPooling } from "../../../src/layers/pooling/mean-pooling.ts";
import { describeOnBackends } from "../../support/backends.ts";
import { describeTemporalPooling } from "../../support/temporal-pooling.ts";
import { expectClose, randomSequence } from "../../support/tensors.ts";

describeTemporalPooling("MeanPooling", {
  create: () => new MeanPooling({ inputSize: 3 }),
  inputSize: 3,
  message: "MeanPooling: values must have shape [batch, time, 3]. Got [3, 7].",
});

describeOnBackends("MeanPooling", () => {
  test("is the mean of each sequence's own rows", async () => {
    const lengths = [3, 1, 5];
    const sequence = randomSequence(lengths, 3, new RandomStream(41));
    const values = (await sequence.values.array()) as number[][][];
    const expected = lengths.flatMap((length, index) =>
      [0, 1, 2].map((column) => {
        const rows = values[index]?.slice(0, length) as number[][];
        return rows.reduce((sum, row) => sum + (row[column] as number), 0) / length;
      }),
    );
    const { pooled, weights } = new MeanPooling({ inputSize: 3 }).forward(sequence);
    expectClose(await pooled.data(), expected, 1e-6, "pooled");
    expect(weights).toBeUndefined();
  });
});

test("its size is checked at the door", () => {
  expect(() => new MeanPooling({ inputSize: 0 })).toThrow(
    new RangeError("MeanPooling: inputSize must be a whole number of 1 or more. Got 0."),
  );
});
