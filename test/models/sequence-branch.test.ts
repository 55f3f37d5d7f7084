import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { SequenceBranch } from "../../src/models/sequence-branch.ts";
import { describeOnBackends } from "../support/backends.ts";
import { randomizeParameters } from "../support/tensors.ts";

const ROWS = 23;

describeOnBackends("a branch that takes a sequence piece by piece", () => {
  test.each([
    ["self-attention", undefined],
    ["guided attention", 4],
  ])("gives what the whole sequence gives: %s", async (_, textSize) => {
    const inputBias = { forward: true, backward: false };
    const lstm = { inputSize: 3, units: 5, inputBias };
    const branch = new SequenceBranch(
      { lstm, textSize, dropout: { rate: 0.25, scaling: "inference" } },
      new RandomStream(1),
    );
    randomizeParameters(branch.parameters().values(), new RandomStream(2));
    const random = new RandomStream(3);
    const data = Float32Array.from({ length: ROWS * 3 }, () => random.nextNormal());
    const text = textSize === undefined ? undefined : tf.tensor2d([0.5, -1, 2, 0.25], [1, textSize]);
    const sequence = { values: tf.tensor3d(data, [1, ROWS, 3]), mask: tf.ones([1, ROWS]) as tf.Tensor2D };
    const whole = branch.forward(sequence, text);
    const before = tf.memory().numTensors;
    for (const pieceRows of [1, 7, ROWS, 100]) {
      const pieces = await branch.forwardInPieces({ rows: ROWS, size: 3, data }, text, { pieceRows });
      for (const part of ["pooled", "weights"] as const) {
        expect(pieces[part].shape).toEqual(whole[part].shape);
        const [expected, values] = [await whole[part].data(), await pieces[part].data()];
        for (const [index, value] of values.entries()) expect(value).toBeCloseTo(expected[index] as number, 6);
      }
      tf.dispose(pieces);
    }
    expect(tf.memory().numTensors).toBe(before);
    branch.dispose();
    tf.dispose([sequence, whole, text ?? []]);
  });
}, ["cpu", "wasm"]);
