import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { type ErnieConfig, ErnieEncoder, type TokenBatch } from "../../src/models/ernie-encoder.ts";
import { countErnieParameters } from "../../src/models/parameter-count.ts";
import { erniePaddleTable, ernieReferenceShapes } from "../../src/paddle/parameter-names.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_SIZES } from "../support/small-tagger.ts";
import { expectClose, expectNoLeak, randomizeParameters } from "../support/tensors.ts";

const config: ErnieConfig = { ...SMALL_SIZES.text.encoder, layers: 2, taskTypes: 3, activation: "gelu", pooler: true };

function create(change: Partial<ErnieConfig> = {}): ErnieEncoder {
  const encoder = new ErnieEncoder({ ...config, ...change }, new RandomStream(1));
  randomizeParameters(encoder.parameters().values(), new RandomStream(2));
  return encoder;
}

const integers = (rows: number[][]) => tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");
const ids = () =>
  integers([
    [1, 5, 2],
    [1, 2, 0],
  ]);
const mask = () =>
  tf.tensor2d([
    [1, 1, 1],
    [1, 1, 0],
  ]);

describeOnBackends("ErnieEncoder", () => {
  test("takes sentence and task ids for zeros and positions for 0, 1, 2 when they are not given", async () => {
    const encoder = create();
    const tokens: TokenBatch = { tokenIds: ids(), mask: mask() };
    const zeros = integers([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const positionIds = integers([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    const explicit = encoder.forward({ ...tokens, sentenceIds: zeros, taskIds: zeros, positionIds });
    expectClose(await encoder.forward(tokens).data(), await explicit.data(), 0, "sequence");
    for (const name of ["sentenceIds", "taskIds", "positionIds"] as const) {
      const other = encoder.forward({
        ...tokens,
        [name]: integers([
          [1, 0, 0],
          [0, 0, 0],
        ]),
      });
      expect([...(await other.data())], name).not.toEqual([...(await explicit.data())]);
    }
  });

  test("pools the first token through tanh of a fully connected layer", async () => {
    const encoder = create();
    const sequence = encoder.forward({ tokenIds: ids(), mask: mask() });
    const first = (await sequence.array()) as number[][][];
    const kernel = (await encoder.pooler?.kernel.array()) as number[][];
    const bias = (await encoder.pooler?.bias?.array()) as number[];
    const expected = first.flatMap(([row]) =>
      bias.map((offset, column) =>
        Math.tanh(
          (row as number[]).reduce((sum, value, input) => sum + value * (kernel[input]?.[column] as number), offset),
        ),
      ),
    );
    const pooled = encoder.pool(sequence);
    expect(pooled.shape).toEqual([2, 4]);
    expectClose(await pooled.data(), expected, 1e-6, "pooled");
    await expectNoLeak(() => encoder.pool(sequence).dispose());
  });

  test("leaves no tensor behind: forward, failed calls", async () => {
    const encoder = create();
    const tokens: TokenBatch = { tokenIds: ids(), mask: mask() };
    await expectNoLeak(() => encoder.forward(tokens).dispose());
    const long = integers([new Array(10).fill(1)]);
    const longMask = tf.ones([1, 10]) as tf.Tensor2D;
    await expectNoLeak(() =>
      expect(() => encoder.forward({ tokenIds: long, mask: longMask })).toThrow(
        "ErnieEncoder: a text may have 9 tokens at most. Got 10.",
      ),
    );
    await expectNoLeak(() =>
      expect(() => encoder.forward({ ...tokens, mask: longMask })).toThrow(
        "ErnieEncoder: mask must have shape [2, 3]. Got [1, 10].",
      ),
    );
    const without = create({ pooler: false });
    const sequence = without.forward(tokens);
    expect(() => without.pool(sequence)).toThrow("ErnieEncoder: it was made without a pooler (config.pooler).");
  });
});

test.each([{}, { taskTypes: 0 }, { pooler: false }, { layers: 0 }])(
  "every parameter of %j has one name in the reference",
  (change) => {
    const encoder = create(change);
    const table = erniePaddleTable(encoder);
    expect(table.flatMap(({ parts }) => parts.map(({ path }) => path)).sort()).toEqual(
      [...encoder.parameters().keys()].sort(),
    );
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
    expect(ernieReferenceShapes(encoder.config)).toEqual(table.map(({ name, shape }) => ({ name, shape })));
    const count = [...encoder.parameters().values()].reduce((sum, { size }) => sum + size, 0);
    expect(countErnieParameters(encoder.config)).toBe(count);
  },
);
