import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { collateTitles } from "../../src/data/collate.ts";
import { ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import { ernieTitleEncoder } from "../../src/tagging/title-encoder.ts";
import {
  type TitleEncodingStore,
  TitleEncodings,
  type TitleEncodingsOptions,
} from "../../src/tagging/title-encodings.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_SIZES, smallTagger } from "../support/small-tagger.ts";
import { expectClose, expectNoLeak } from "../support/tensors.ts";

const titles = [Int32Array.of(1, 5, 2), Int32Array.of(1, 2), Int32Array.of(1, 5, 2), Int32Array.of(1, 3, 4, 5, 2)];
const ernie = () => smallTagger().tower("text").encoder as ErnieEncoder;
const encodingsOf = (encoder: ErnieEncoder, options?: TitleEncodingsOptions) =>
  new TitleEncodings(ernieTitleEncoder(encoder), encoder.config.hiddenSize, options);

describeOnBackends("TitleEncodings", (backend, hasKernels) => {
  test("give what the encoder gives, and run it once for each different title", async () => {
    const encoder = ernie();
    const encodings = encodingsOf(encoder);
    const encode = vi.spyOn(encoder, "forward");
    const first = await encodings.encode(titles);
    const second = await encodings.encode(titles.slice(1));
    const oneLengthAtATime = [
      [1, 3],
      [1, 2],
      [1, 5],
    ];
    expect(encode.mock.calls.map(([{ tokenIds }]) => tokenIds.shape)).toEqual(
      hasKernels && backend === "wasm" ? [[3, 5]] : oneLengthAtATime,
    );

    const batch = collateTitles(titles);
    const direct = encoder.forward(batch);
    expect(await first.mask.array()).toEqual(await batch.mask.array());
    const expected = tf.mul(direct, tf.expandDims(batch.mask, 2));
    expectClose(await first.values.data(), await expected.data(), 1e-6, "first");
    expectClose(await second.values.data(), await tf.slice(expected, [1, 0, 0]).data(), 1e-6, "second");
  });

  test("drop what was not used for the longest time when they are full", async () => {
    const encoder = ernie();
    const bytesOfTwo = 2 * 3 * 4 * 4; // titles * tokens * hiddenSize * bytes
    const encodings = encodingsOf(encoder, { capacity: bytesOfTwo });
    const encode = vi.spyOn(encoder, "forward");
    const run = async (...ids: number[]): Promise<number> => {
      encode.mockClear();
      for (const id of ids) tf.dispose(await encodings.encode([Int32Array.of(1, id, 2)]));
      return encode.mock.calls.length;
    };
    expect(await run(3, 4)).toBe(2);
    expect(await run(3, 4, 3)).toBe(0);
    expect(await run(5)).toBe(1); // drops 4: 3 was used after it
    expect(await run(3, 5)).toBe(0);
    expect(await run(4)).toBe(1);
  });

  test("are the same to the last bit, whichever titles are asked for together", async () => {
    // WebGPU takes another kernel for another size.
    if (backend === "webgpu") return;
    const config = { ...SMALL_SIZES.text.encoder, hiddenSize: 32, maxPositions: 30 };
    const encoder = new ErnieEncoder(config, new RandomStream(1));
    const random = new RandomStream(4);
    const many = Array.from({ length: 12 }, (_, index) =>
      Int32Array.from({ length: 2 + ((index * 7) % 23) }, () => random.nextInteger(11)),
    );
    const together = encodingsOf(encoder);
    await together.encode([...many, ...many.map((ids) => ids.toReversed())]);
    for (const ids of many) {
      const alone = await encodingsOf(encoder).encode([ids]);
      const again = await together.encode([ids]);
      expect(await again.values.data()).toEqual(await alone.values.data());
    }
  });

  test("ask the store for what memory does not hold, and tell it what was computed", async () => {
    const encoder = ernie();
    const stored = new Map<string, Float32Array>();
    const reads: string[] = [];
    const store: TitleEncodingStore = {
      read: async (title) => {
        reads.push(title.join());
        return stored.get(title.join());
      },
      write: async (title, values) => {
        stored.set(title.join(), values);
      },
    };
    const first = encodingsOf(encoder, { store });
    const values = await (await first.encode(titles)).values.data();
    expect(reads).toEqual(["1,5,2", "1,2", "1,3,4,5,2"]);
    expect([...stored].map(([key, { length }]) => [key, length])).toEqual([["1,5,2", 12], ["1,2", 8], ["1,3,4,5,2", 20]]); // biome-ignore format: pairs
    await first.encode(titles);
    expect(reads.length).toBe(3);

    const encode = vi.spyOn(encoder, "forward");
    stored.delete("1,2");
    stored.set("1,3,4,5,2", new Float32Array(20).fill(7));
    const second = await encodingsOf(encoder, { store }).encode(titles);
    expect(encode.mock.calls.map(([{ tokenIds }]) => tokenIds.shape)).toEqual([[1, 2]]);
    expect(await second.values.data()).toEqual(Float32Array.from([...values.slice(0, 60), ...new Array(20).fill(7)]));
    expect(stored.size).toBe(3);
  });

  test("leave no tensor behind, also when the encoder fails", async () => {
    const encodings = encodingsOf(ernie());
    await expectNoLeak(async () => tf.dispose(await encodings.encode(titles)));
    const long = new Int32Array(10).fill(1);
    await expectNoLeak(() =>
      expect(encodings.encode([long])).rejects.toThrow("ErnieEncoder: a text may have 9 tokens at most. Got 10."),
    );
  });

  test("refuse an encoder that gives vectors of another width", async () => {
    const narrow = { encode: async (ids: readonly Int32Array[]) => new Float32Array(ids.length * 3 * 3) };
    await expect(new TitleEncodings(narrow, 4).encode([Int32Array.of(1, 5, 2)])).rejects.toThrow(
      "The title encoder must give 4 values for each of 3 tokens, as the tagger's own does. Got 9 values.",
    );
  });
});
