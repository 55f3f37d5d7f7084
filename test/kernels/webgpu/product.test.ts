import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, expect, test, vi } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { registerWebGpuKernels, removeWebGpuKernels } from "../../../src/kernels/webgpu/webgpu-kernels.ts";
import { product } from "../../../src/ops/product.ts";
import { describeOnBackend } from "../../support/backends.ts";
import { expectClose, expectNoLeak, randomTensor } from "../../support/tensors.ts";

const SIZES = [
  [1, 1, 1],
  [5, 7, 9],
  [33, 70, 34],
  [3, 2100, 17],
] as const;

describeOnBackend("webgpu", "The product's kernel", () => {
  afterEach(removeWebGpuKernels);

  test.each(SIZES)("is that of the definition, whichever factor is transposed: %i, %i, %i", async (...sizes) => {
    registerWebGpuKernels();
    const [rows, depth, columns] = sizes;
    const random = new RandomStream(41);
    const a = randomTensor<tf.Rank.R2>([rows, depth], random);
    const b = randomTensor<tf.Rank.R2>([depth, columns], random);
    const mask = tf.tensor1d(Array.from({ length: rows }, (_, row) => Number(row % 3 !== 1)));
    const [left, right] = [await a.array(), await b.array()];
    const expected = left.flatMap((values, row) =>
      Array.from({ length: columns }, (_, column) =>
        row % 3 === 1 ? 0 : values.reduce((sum, value, k) => sum + value * (right[k]?.[column] as number), 0),
      ),
    );
    for (const transposeB of [false, true]) {
      const c = product(a, transposeB ? tf.transpose(b) : b, { transposeB }, mask);
      expect(c.shape).toEqual([rows, columns]);
      expectClose(await c.data(), expected, 1e-6 * depth, `transposeB ${transposeB}`);
      const kept = tf.transpose(tf.mul(a, tf.expandDims(mask, 1))) as tf.Tensor2D;
      const d = product(kept, transposeB ? tf.transpose(b) : b, { transposeA: true, transposeB });
      expectClose(await d.data(), expected, 1e-6 * depth, `transposeA, transposeB ${transposeB}`);
    }
  });

  // tfjs works on small tensors that the device does not have yet by itself; these are large enough.
  test("writes no factor out, and leaves nothing behind", async () => {
    const [a, b] = [tf.ones([40, 60]), tf.ones([40, 70])] as [tf.Tensor2D, tf.Tensor2D];
    await product(a, b, { transposeA: true }).data();
    const spy = vi.spyOn(tf.backend() as WebGPUBackend, "runWebGPUProgram");
    const dispatches = async (): Promise<number> => {
      const before = spy.mock.calls.length;
      await product(a, b, { transposeA: true }).data();
      return spy.mock.calls.length - before;
    };
    expect(await dispatches()).toBe(2);
    registerWebGpuKernels();
    expect(await dispatches()).toBe(1);
    await expectNoLeak(() => product(a, b, { transposeA: true }).dispose());
    spy.mockRestore();
  });
});
