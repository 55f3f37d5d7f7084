import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, expect, test, vi } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { registerWebGpuKernels, removeWebGpuKernels } from "../../../src/kernels/webgpu/webgpu-kernels.ts";
import { layerNorm } from "../../../src/ops/layer-norm.ts";
import { describeOnBackend } from "../../support/backends.ts";
import { expectClose, largest } from "../../support/tensors.ts";

function randomValues(size: number, random: RandomStream, mean = 0, deviation = 1): Float32Array {
  return Float32Array.from({ length: size }, () => mean + deviation * random.nextNormal());
}

/** Result and gradients on the current backend. */
async function results(rows: number, size: number): Promise<Float32Array[]> {
  const random = new RandomStream(31);
  const x = randomValues(rows * size, random, 3, 2);
  const [scale, bias] = [randomValues(size, random), randomValues(size, random)] as const;
  const weights = randomValues(rows * size, random);
  const outputs = tf.tidy(() => {
    const run = (each: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor) =>
      layerNorm(each, scale as tf.Tensor1D, bias as tf.Tensor1D, 1e-5);
    const inputs = [tf.tensor2d(x, [rows, size]), tf.tensor1d(scale), tf.tensor1d(bias)] as const;
    const gradients = tf.grads((...moved: tf.Tensor[]) =>
      tf.sum(tf.mul(run(...(moved as [tf.Tensor, tf.Tensor, tf.Tensor])), tf.tensor2d(weights, [rows, size]))),
    )([...inputs]);
    return [run(...inputs), ...gradients];
  });
  const values = await Promise.all(outputs.map((each) => each.data()));
  tf.dispose(outputs);
  return values as Float32Array[];
}

describeOnBackend("webgpu", "Layer normalization's WGSL kernel", () => {
  afterEach(removeWebGpuKernels);

  test.each([
    [1, 1],
    [3, 2],
    [5, 63],
    [4, 64],
    [7, 65],
    [2, 768],
    [1, 1025],
  ])("gives result and gradients of the composed form for %i rows of %i", async (rows, size) => {
    registerWebGpuKernels();
    await tf.setBackend("cpu");
    const expected = await results(rows, size);
    await tf.setBackend("webgpu");
    const got = await results(rows, size);
    for (const [index, name] of ["y", "dx", "dScale", "dBias"].entries()) {
      const values = expected[index] as Float32Array;
      expectClose(got[index] as Float32Array, values, 4e-6, name, Math.max(1, largest(values)));
    }
  });

  test("takes one dispatch where the composed form takes nine, and leaves nothing behind", async () => {
    const parameters = [tf.ones([24]), tf.zeros([24])] as [tf.Tensor1D, tf.Tensor1D];
    const x = tf.ones([5, 24]);
    await layerNorm(x, ...parameters, 1e-5).data();
    const backend = tf.backend() as WebGPUBackend;
    const dispatches = async (): Promise<number> => {
      const spy = vi.spyOn(backend, "runWebGPUProgram");
      const before = tf.memory().numTensors;
      const y = layerNorm(x, ...parameters, 1e-5);
      await y.data();
      y.dispose();
      expect(tf.memory().numTensors).toBe(before);
      const calls = spy.mock.calls.length;
      spy.mockRestore();
      return calls;
    };
    expect(await dispatches()).toBe(9);
    registerWebGpuKernels();
    expect(await dispatches()).toBe(1);
    tf.dispose([x, ...parameters]);
  });
});
