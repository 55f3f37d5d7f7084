import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, expect, test, vi } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { sequenceMask } from "../../../src/core/sequence-batch.ts";
import { webGpuAttention } from "../../../src/kernels/webgpu/attention.ts";
import { registerWebGpuKernels, removeWebGpuKernels } from "../../../src/kernels/webgpu/webgpu-kernels.ts";
import { type AttentionInputs, attention } from "../../../src/ops/attention.ts";
import { describeOnBackend } from "../../support/backends.ts";
import { expectClose, expectNoLeak } from "../../support/tensors.ts";

interface Sizes {
  readonly lengths: readonly number[];
  readonly time: number;
  readonly size: number;
  readonly heads: number;
  /** Deviation of the query: how far apart the scores are. */
  readonly steepness?: number;
}

/** Random query, key and value on the current backend: the same on each. */
function attend({ lengths, time, size, heads, steepness = 2 }: Sizes): tf.Tensor3D {
  const random = new RandomStream(51);
  return tf.tidy(() => {
    const [query, key, value] = [steepness, 1, 1].map((deviation) => {
      const values = { length: lengths.length * time * size };
      const data = Float32Array.from(values, () => deviation * random.nextNormal());
      return tf.tensor3d(data, [lengths.length, time, size]);
    }) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    return attention(query, key, value, sequenceMask(lengths, time), heads);
  });
}

describeOnBackend("webgpu", "Attention's WGSL kernel", () => {
  afterEach(removeWebGpuKernels);

  test.each<Sizes>([
    { lengths: [1], time: 1, size: 1, heads: 1 },
    { lengths: [3, 5, 1, 4], time: 5, size: 12, heads: 3 },
    { lengths: [70, 64], time: 70, size: 15, heads: 1 },
    { lengths: [7, 2], time: 9, size: 140, heads: 2 },
    { lengths: [70, 64], time: 70, size: 8, heads: 2, steepness: 200 },
    { lengths: [300], time: 300, size: 2, heads: 2 },
  ])("gives the composed form's result, at the padding too: %j", async (sizes) => {
    registerWebGpuKernels();
    await tf.setBackend("cpu");
    const expected = await attend(sizes).data();
    await tf.setBackend("webgpu");
    expectClose(await attend(sizes).data(), expected, 2e-6 * (sizes.steepness ?? 2), "heard");
  });

  test("takes one dispatch, and leaves nothing behind", async () => {
    registerWebGpuKernels();
    const [rows, mask] = [tf.ones([2, 5, 6]) as tf.Tensor3D, tf.ones([2, 5]) as tf.Tensor2D];
    const run = () => attention(rows, rows, rows, mask, 3);
    const spy = vi.spyOn(tf.backend() as WebGPUBackend, "runWebGPUProgram");
    await run().data();
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
    await expectNoLeak(() => run().dispose());
  });

  test("leaves longer sequences, and masks of another type, to the composed form", () => {
    const given = (time: number, type: "float32" | "int32"): AttentionInputs => {
      const rows: tf.Tensor3D = tf.zeros([1, time, 2]);
      return { query: rows, key: rows, value: rows, mask: tf.zeros([1, time], type) };
    };
    expect(webGpuAttention(given(1024, "float32"), { heads: 2 }, tf.backend())).toHaveLength(1);
    expect(webGpuAttention(given(1025, "float32"), { heads: 2 }, tf.backend())).toBeUndefined();
    expect(webGpuAttention(given(5, "int32"), { heads: 2 }, tf.backend())).toBeUndefined();
  });
});
