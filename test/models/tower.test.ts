import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { EncoderTraining } from "../../src/models/tagger-config.ts";
import { Tower, type TowerConfig } from "../../src/models/tower.ts";
import { computeGradients } from "../../src/training/gradients.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_SIZES } from "../support/small-tagger.ts";
import { expectClose, randomizeParameters } from "../support/tensors.ts";

const ROWS = 23;
const recurrence = { units: 5, inputBias: { forward: true, backward: false } };
const attention = { kind: "attention" } as const;

describeOnBackends("a tower that takes a sequence piece by piece", () => {
  const shapes: readonly (readonly [string, Pick<TowerConfig, "recurrence" | "pooling" | "guideSize">])[] = [
    ["self-attention", { recurrence, pooling: attention }],
    ["guided attention", { recurrence, pooling: attention, guideSize: 4 }],
    ["attention without a recurrence", { pooling: attention }],
    ["the mean of a recurrence", { recurrence, pooling: { kind: "mean" } }],
    ["the highest of the rows themselves", { pooling: { kind: "max" } }],
    ["convolutions", { pooling: { kind: "text-cnn", filters: 3, windows: [2, 3] } }],
  ];
  test.each(shapes)("gives what the whole sequence gives: %s", async (_, shape) => {
    const dropout = { rate: 0.25, scaling: "inference" } as const;
    const tower = new Tower({ input: { size: 3 }, ...shape, dropout }, new RandomStream(1));
    randomizeParameters(tower.parameters().values(), new RandomStream(2));
    const random = new RandomStream(3);
    const data = Float32Array.from({ length: ROWS * 3 }, () => random.nextNormal());
    const guide = shape.guideSize === undefined ? undefined : tf.tensor2d([0.5, -1, 2, 0.25], [1, 4]);
    const sequence = { values: tf.tensor3d(data, [1, ROWS, 3]), mask: tf.ones([1, ROWS]) as tf.Tensor2D };
    const whole = tower.forward(sequence, guide);
    const before = tf.memory().numTensors;
    for (const pieceRows of [1, 7, ROWS, 100]) {
      const pieces = await tower.forwardInPieces({ rows: ROWS, size: 3, data }, guide, { pieceRows });
      for (const part of ["pooled", "weights"] as const) {
        expect(pieces[part]?.shape).toEqual(whole[part]?.shape);
        const [expected, values] = [(await whole[part]?.data()) ?? [], (await pieces[part]?.data()) ?? []];
        for (const [index, value] of values.entries()) expect(value).toBeCloseTo(expected[index] as number, 6);
      }
      tf.dispose(pieces);
    }
    expect(tf.memory().numTensors).toBe(before);
    tower.dispose();
    tf.dispose([sequence, whole, guide ?? []]);
  });
}, ["cpu", "wasm"]);

function create(training: EncoderTraining): Tower {
  const { filters, windows } = SMALL_SIZES.text;
  const encoder = { ...SMALL_SIZES.text.encoder, hiddenDropout: 0.5 };
  const pooling = { kind: "text-cnn", filters, windows } as const;
  return new Tower({ input: { encoder, training }, pooling, dropout: { rate: 0 } }, new RandomStream(1));
}

const tokens = () => ({
  tokenIds: tf.tensor2d([[1, 5, 2]], [1, 3], "int32"),
  mask: tf.ones([1, 3]) as tf.Tensor2D,
});

describeOnBackends("a tower of a text", () => {
  test("keeps nothing of a frozen encoder for a gradient", () => {
    const kept = (training: EncoderTraining): number => {
      const tower = create(training);
      const input = tokens();
      let tensors = 0;
      const { loss, gradients } = computeGradients(() => {
        const before = tf.memory().numTensors;
        const encoded = tower.encode(input);
        tensors = tf.memory().numTensors - before;
        return tf.sum(tower.forward({ values: encoded, mask: input.mask }).pooled) as tf.Scalar;
      }, tower.pooling.parameters());
      tf.dispose([loss, input, ...gradients.values()]);
      tower.dispose();
      return tensors;
    };
    expect(kept("frozen")).toBe(1); // the encoding itself
    expect(kept("frozen-with-dropout")).toBe(1);
    expect(kept("fine-tuned")).toBeGreaterThan(20);
  });

  test("drops values inside the encoder in training, unless it is frozen", async () => {
    const differs = async (encoderTraining: EncoderTraining): Promise<boolean> => {
      const tower = create(encoderTraining);
      const encode = async (training: boolean) => [
        ...(await tower.encode(tokens(), training ? { training, random: new RandomStream(2) } : {}).data()),
      ];
      const [inference, training] = [await encode(false), await encode(true)];
      return inference.some((value, index) => value !== training[index]);
    };
    expect(await differs("frozen")).toBe(false);
    expect(await differs("frozen-with-dropout")).toBe(true);
    expect(await differs("fine-tuned")).toBe(true);
  });

  test("takes an encoding for the token ids that it was made of", async () => {
    const tower = create("frozen");
    const input = tokens();
    const encoded = { values: tower.encode(input), mask: input.mask };
    const [ofEncoding, ofTokens] = [tower.forward(encoded), tower.forward(input)];
    expectClose(await ofEncoding.pooled.data(), await ofTokens.pooled.data(), 0, "vector");
  });

  test("trains a table of its tokens from nothing, and freezes an encoder", () => {
    const input = { tokens: { vocabularySize: 11, size: 4 } };
    const tower = new Tower({ input, pooling: { kind: "mean" }, dropout: { rate: 0 } }, new RandomStream(1));
    expect([...tower.trainableParameters().keys()]).toEqual(["embedding.table"]);
    const frozen = [...create("frozen").trainableParameters().keys()];
    expect(frozen.every((path) => path.startsWith("pooling."))).toBe(true);
    expect(create("fine-tuned").trainableParameters().size).toBeGreaterThan(frozen.length);
  });
});

describe("a tower says what is wrong", () => {
  const dropout = { rate: 0 };
  test.each([
    [
      { input: { size: 3 }, pooling: { kind: "text-cnn", windows: [2] }, dropout },
      "Tower: pooling: expected the key filters. Got none.",
    ],
    [{ input: { size: 3 }, pooling: { kind: "maen" }, dropout }, "Tower: there is no pooling of the kind maen."],
  ])("%j", (config, message) => {
    expect(() => new Tower(config as never, null)).toThrow(message);
  });
});
