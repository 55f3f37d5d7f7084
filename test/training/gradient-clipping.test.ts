import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { clipByGlobalNorm } from "../../src/training/gradient-clipping.ts";
import { describeOnBackends } from "../support/backends.ts";
import { type GoldenTensors, readPyTorchGolden, toTensor } from "../support/pytorch-golden.ts";
import { expectClose, expectNoLeak, expectTensorClose } from "../support/tensors.ts";

const golden = readPyTorchGolden<{
  readonly gradients: readonly GoldenTensors[];
  readonly clipping: readonly { maxNorm: number; norm: number; clipped: GoldenTensors }[];
}>("optimizers.json");

const gradientsOf = (step: number): Map<string, tf.Tensor> =>
  new Map(Object.entries(golden.gradients[step] as GoldenTensors).map(([path, each]) => [path, toTensor(each)]));

describeOnBackends("clipByGlobalNorm", () => {
  for (const [index, step] of [1, 3].entries()) {
    const { maxNorm, norm, clipped } = golden.clipping[index] as (typeof golden.clipping)[number];
    test(`gives PyTorch's gradients where their norm is ${norm.toFixed(1)} and may be ${maxNorm}`, async () => {
      const result = clipByGlobalNorm(gradientsOf(step), maxNorm);
      expectClose(await result.norm.data(), [norm], 2e-6 * norm, "norm");
      expect([...result.gradients.keys()]).toEqual(Object.keys(clipped));
      for (const [path, expected] of Object.entries(clipped)) {
        await expectTensorClose(result.gradients.get(path) as tf.Tensor, expected, 1e-6, path);
      }
    });
  }

  test("leaves short gradients as they are, bit for bit, and 0 too", async () => {
    const gradients = gradientsOf(0);
    gradients.set("zero", tf.zeros([2]));
    const { gradients: clipped } = clipByGlobalNorm(gradients, 1e4);
    for (const [path, gradient] of gradients) expect(await clipped.get(path)?.data()).toEqual(await gradient.data());
    const zero = clipByGlobalNorm(new Map([["zero", tf.zeros([2])]]), 1);
    expect(await zero.gradients.get("zero")?.array()).toEqual([0, 0]);
    expect(await zero.norm.array()).toBe(0);
  });

  test("leaves no tensor behind but its result", async () => {
    const gradients = gradientsOf(0);
    await expectNoLeak(() => {
      const before = tf.memory().numTensors;
      const { gradients: clipped, norm } = clipByGlobalNorm(gradients, 1);
      expect(tf.memory().numTensors).toBe(before + gradients.size + 1);
      tf.dispose([norm, ...clipped.values()]);
    });
    for (const gradient of gradients.values()) expect(gradient.isDisposed).toBe(false);
  });
});

test("clipByGlobalNorm refuses a norm that is none", () => {
  for (const maxNorm of [0, -1, Number.NaN]) {
    expect(() => clipByGlobalNorm(new Map(), maxNorm)).toThrow(
      `clipByGlobalNorm: maxNorm must be above 0. Got ${maxNorm}.`,
    );
  }
});
