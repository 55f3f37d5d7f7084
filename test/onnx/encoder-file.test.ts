import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { sequenceMask } from "../../src/core/sequence-batch.ts";
import { loadState } from "../../src/core/state.ts";
import { ErnieEncoder, type TokenBatch } from "../../src/models/ernie-encoder.ts";
import { exportEncoder } from "../../src/onnx/encoder-file.ts";
import { erniePaddleTable, stateFromPaddle } from "../../src/paddle/parameter-names.ts";
import { describeOnBackends } from "../support/backends.ts";
import { array, goldenInput, readGoldenModel } from "../support/golden-models.ts";
import { expectOutput, OnnxSession } from "../support/onnx-session.ts";
import { encoderOf, SMALL_SIZES } from "../support/small-tagger.ts";
import { expectClose, randomizeParameters } from "../support/tensors.ts";

const config = { ...SMALL_SIZES.text.encoder, hiddenSize: 12, heads: 3, layers: 2, maxPositions: 21 } as const;

/** The values [batch, time, size] with zeros where the mask [batch, time] has them. */
function tokensOnly(values: ArrayLike<number>, mask: ArrayLike<number>): number[] {
  const size = values.length / mask.length;
  return Array.from(values, (value, index) => (mask[Math.floor(index / size)] === 1 ? value : 0));
}

describeOnBackends("An exported encoder", () => {
  test.each([
    ["ReLU", config],
    ["GELU, a task embedding and a pooler", { ...config, activation: "gelu", taskTypes: 2, pooler: true }],
  ] as const)("gives in onnxruntime what ours gives: %s", async (_, own) => {
    const encoder = new ErnieEncoder(own, new RandomStream(1));
    randomizeParameters(encoder.parameters().values(), new RandomStream(2), 0.3);
    const session = await OnnxSession.open(exportEncoder(encoder));
    expect(session.session.inputNames).toEqual(["input_ids", "attention_mask"]);
    const random = new RandomStream(3);
    for (const lengths of [[21], [4, 1, 9], [2, 2]]) {
      const shape: [number, number] = [lengths.length, Math.max(...lengths)];
      const data = Int32Array.from({ length: shape[0] * shape[1] }, () => random.nextInteger(11));
      const mask = sequenceMask(lengths, shape[1]);
      const expected = encoder.forward({ tokenIds: tf.tensor2d(data, shape, "int32"), mask });
      const attentionMask = { shape, data: Array.from(await mask.data()) };
      const outputs = await session.run({ input_ids: { shape, data }, attention_mask: attentionMask });
      // Rows at the padding have no meaning, but both compute the same, unless a kernel of ours passes over them.
      const kept = encoder.passesOverPadding ? await mask.data() : new Float32Array(mask.size).fill(1);
      const got = outputs["last_hidden_state"];
      expect(got?.shape).toEqual(expected.shape);
      const inside = tokensOnly(got?.data ?? [], kept);
      expectClose(inside, tokensOnly(await expected.data(), kept), 1e-5, "last_hidden_state");
      if (encoder.pooler) {
        const pooled = encoder.pool(expected);
        expectOutput(outputs, "pooler_output", { shape: pooled.shape, data: await pooled.data() }, 1e-5);
      } else expect(Object.keys(outputs)).toEqual(["last_hidden_state"]);
    }
    await session.release();
  });

  test("gives the reference's sequence", async () => {
    const golden = readGoldenModel("text-guide-sigmoid-frozen");
    const encoder = new ErnieEncoder(encoderOf(golden.config), null);
    loadState(encoder, stateFromPaddle(golden.initial, erniePaddleTable(encoder)));
    const { input } = goldenInput(golden.forward, "in.");
    const { tokenIds, mask } = input.sequences["text"] as TokenBatch;
    const session = await OnnxSession.open(exportEncoder(encoder));
    const outputs = await session.run({
      input_ids: { shape: tokenIds.shape, data: await tokenIds.data() },
      attention_mask: { shape: mask.shape, data: Array.from(await mask.data()) },
    });
    const { shape, data } = array(golden.forward, "out.ernie_sequence");
    const kept = await mask.data();
    const got = outputs["last_hidden_state"];
    expect(got?.shape).toEqual([...shape]);
    expectClose(tokensOnly(got?.data ?? [], kept), tokensOnly(data, kept), 1e-4, "last_hidden_state");
    await session.release();
  });
}, ["wasm"]);
