import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { sequenceMask } from "../../../src/core/sequence-batch.ts";
import { fitsDevice } from "../../../src/kernels/webgpu/recurrence.ts";
import { registerWebGpuKernels, removeWebGpuKernels } from "../../../src/kernels/webgpu/webgpu-kernels.ts";
import { peepholeLstm, peepholeLstmStates } from "../../../src/ops/peephole-lstm.ts";
import { describeOnBackend } from "../../support/backends.ts";
import { expectClose, largest } from "../../support/tensors.ts";

interface Sizes {
  readonly units: number;
  readonly lengths: readonly number[];
  readonly time: number;
  readonly reverse: readonly boolean[];
}

/** Values outside of any backend, so that two backends can compute with the same. */
interface Recurrence extends Sizes {
  /** For each direction projected, recurrentKernel, peephole. */
  readonly inputs: readonly { readonly shape: number[]; readonly data: Float32Array }[];
  /** What the hidden states and the cell states count in the loss. */
  readonly weights: Float32Array;
}

const NAMES = ["projected", "recurrentKernel", "peephole"];

function randomRecurrence({ units, lengths, time, reverse }: Sizes, seed: number, noise = 100): Recurrence {
  const random = new RandomStream(seed);
  const values = (shape: number[], deviation: number) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return { shape, data: Float32Array.from({ length: size }, () => deviation * random.nextNormal()) };
  };
  const inputs = reverse.flatMap(() => {
    const projected = values([lengths.length, time, 4 * units], 1);
    for (const [video, length] of lengths.entries()) {
      const begin = (video * time + length) * 4 * units;
      const end = (video + 1) * time * 4 * units;
      for (let index = begin; index < end; index++) (projected.data[index] as number) *= noise;
    }
    return [projected, values([units, 4 * units], 1 / Math.sqrt(units)), values([3 * units], 1)];
  });
  const weights = values([2, lengths.length, time, reverse.length * units], 1).data;
  return { units, lengths, time, reverse, inputs, weights };
}

/** Hidden states, cell states and the gradients of all inputs, on the current backend. */
async function results(recurrence: Recurrence): Promise<{ states: Float32Array[]; gradients: Float32Array[] }> {
  const { units, lengths, time, reverse, inputs, weights } = recurrence;
  const outputs = tf.tidy(() => {
    const mask = sequenceMask(lengths, time);
    const [ofHidden, ofCell] = tf.unstack(tf.tensor4d(weights, [2, lengths.length, time, reverse.length * units])) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const run = (tensors: readonly tf.Tensor[]) =>
      peepholeLstmStates(
        reverse.map((each, direction) => ({
          projected: tensors[3 * direction] as tf.Tensor3D,
          recurrentKernel: tensors[3 * direction + 1] as tf.Tensor2D,
          peephole: tensors[3 * direction + 2] as tf.Tensor1D,
          reverse: each,
        })),
        mask,
      );
    const tensors = inputs.map(({ shape, data }) => tf.tensor(data, shape));
    const { hidden, cell } = run(tensors);
    const gradients = tf.grads((...moved: tf.Tensor[]) => {
      const states = run(moved);
      const loss = tf.sum(tf.mul(states.hidden, ofHidden));
      // tfjs has no gradient for a split into one part, which is how a single direction's cell states come about.
      return reverse.length === 1 ? loss : (tf.add(loss, tf.sum(tf.mul(states.cell, ofCell))) as tf.Scalar);
    })(tensors);
    return [hidden, cell, ...gradients];
  });
  const [hidden, cell, ...gradients] = (await Promise.all(outputs.map((each) => each.data()))) as Float32Array[];
  tf.dispose(outputs);
  return { states: [hidden as Float32Array, cell as Float32Array], gradients };
}

async function composedOnCpu(recurrence: Recurrence): ReturnType<typeof results> {
  await tf.setBackend("cpu");
  try {
    return await results(recurrence);
  } finally {
    await tf.setBackend("webgpu");
  }
}

async function expectSameAsComposed(recurrence: Recurrence): Promise<void> {
  const expected = await composedOnCpu(recurrence);
  const got = await results(recurrence);
  for (const [index, name] of ["hidden", "cell"].entries()) {
    expectClose(got.states[index] ?? [], expected.states[index] as Float32Array, 2e-6, name);
  }
  for (const [index, gradient] of expected.gradients.entries()) {
    const name = `gradient of ${NAMES[index % 3]} ${Math.floor(index / 3)}`;
    expectClose(got.gradients[index] ?? [], gradient, 5e-6, name, Math.max(1, largest(gradient)));
  }
}

/** The names of the programs that the backend runs in `work`, each as often as it runs. */
async function programsOf(work: () => unknown): Promise<string[]> {
  const spy = vi.spyOn(tf.backend() as WebGPUBackend, "runWebGPUProgram");
  try {
    await work();
    return spy.mock.calls.map(([program]) => program.shaderKey.replace(/_.*/, ""));
  } finally {
    spy.mockRestore();
  }
}

function count(names: readonly string[], wanted: string): number {
  return names.filter((name) => name === wanted).length;
}

const STEP = "MultimodalVideoTagPeepholeLstmStep";
const STEP_BACK = "MultimodalVideoTagPeepholeLstmStepBack";
const SMALL: Sizes = { units: 5, lengths: [3, 7, 1], time: 7, reverse: [false, true] };

describeOnBackend("webgpu", "The recurrence's WGSL kernels", () => {
  afterEach(removeWebGpuKernels);

  test.each<Sizes>([
    SMALL,
    { units: 1, lengths: [1], time: 1, reverse: [true] },
    { units: 12, lengths: [4, 1, 2, 4, 3, 2, 4, 1, 4, 3, 3, 2, 1, 4, 2, 3, 4], time: 4, reverse: [true, false] },
    { units: 130, lengths: [3, 1, 2, 3, 2], time: 3, reverse: [false, true] },
    { units: 16, lengths: [23, 9, 17, 1], time: 23, reverse: [false] },
    { units: 33, lengths: [2, 1, 2, 2, 1, 2, 2, 2, 1], time: 3, reverse: [true, true, false] },
  ])("give the states and gradients of the composed form: %j", async (sizes) => {
    registerWebGpuKernels();
    await expectSameAsComposed(randomRecurrence(sizes, 21));
  });

  test("give those of the composed form when gates are shut or wide open", async () => {
    registerWebGpuKernels();
    const { inputs, ...recurrence } = randomRecurrence(SMALL, 26);
    const steep = inputs.map(({ shape, data }) => ({ shape, data: data.map((value) => 200 * value) }));
    await expectSameAsComposed({ ...recurrence, inputs: steep });
  });

  test("give those of the composed form for sizes at random", async () => {
    registerWebGpuKernels();
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 0, max: 2 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      async (units, lengths, extra, reverse, seed) => {
        const time = Math.max(...lengths) + extra;
        await expectSameAsComposed(randomRecurrence({ units, lengths, time, reverse }, seed));
      },
    );
    await fc.assert(property, { numRuns: 4, seed: 12 });
  });

  test("do not see what stands at the padding, and give it no gradient", async () => {
    registerWebGpuKernels();
    const some = await results(randomRecurrence(SMALL, 22, 1));
    const other = await results(randomRecurrence(SMALL, 22, 1e6));
    for (const [index, states] of some.states.entries()) expect(other.states[index]).toEqual(states);
    for (const [index, gradient] of some.gradients.entries()) expect(other.gradients[index]).toEqual(gradient);
    const { lengths, time, units } = SMALL;
    for (const dProjected of [some.gradients[0], some.gradients[3]]) {
      for (const [video, length] of lengths.entries()) {
        const padding = dProjected?.slice((video * time + length) * 4 * units, (video + 1) * time * 4 * units);
        expect(largest(padding ?? [1])).toBe(0);
      }
    }
  });

  test("run once a step; without registration the composed form does the work", async () => {
    const recurrence = randomRecurrence(SMALL, 23);
    const composed = await programsOf(() => results(recurrence));
    expect(composed.filter((name) => name.startsWith("MultimodalVideoTag"))).toEqual([]);

    registerWebGpuKernels();
    registerWebGpuKernels();
    const programs = await programsOf(() => results(recurrence));
    const { time } = SMALL;
    // Forwards twice: for the states, and for the gradient.
    expect(count(programs, STEP)).toBe(2 * time);
    expect(count(programs, STEP_BACK)).toBe(time);
    const others = programs.length - 3 * time;
    expect(others).toBeLessThan(70);
    expect(composed.length - others).toBeGreaterThan(3 * time * 15);
  });

  test("leave neither a tensor nor a buffer behind", async () => {
    registerWebGpuKernels();
    const recurrence = randomRecurrence(SMALL, 24);
    const inUse = () => {
      const { numBytesInGPU } = (tf.backend() as WebGPUBackend).memory();
      const { numTensors, numDataBuffers } = tf.memory();
      return { numBytesInGPU, numTensors, numDataBuffers };
    };
    await results(recurrence);
    const before = inUse();
    await results(recurrence);
    expect(inUse()).toEqual(before);
  });

  test("refuse shapes that do not fit", () => {
    registerWebGpuKernels();
    const mask = sequenceMask([2], 2);
    const direction = {
      projected: tf.zeros([1, 2, 12]) as tf.Tensor3D,
      recurrentKernel: tf.zeros([3, 12]) as tf.Tensor2D,
      peephole: tf.zeros([9]) as tf.Tensor1D,
      reverse: false,
    };
    const before = tf.memory().numTensors;
    expect(() => peepholeLstm([direction, { ...direction, peephole: tf.zeros([8]) }], mask)).toThrow(
      "PeepholeLstm: peephole must have shape [9]. Got [8].",
    );
    expect(() => peepholeLstm([{ ...direction, projected: tf.zeros([1, 3, 12]) }], mask)).toThrow(
      "PeepholeLstm: projected must have shape [1, 2, 12]. Got [1, 3, 12].",
    );
    expect(tf.memory().numTensors).toBe(before + 2);
  });

  test("leave a mask of another type to the composed form", async () => {
    registerWebGpuKernels();
    const { inputs, lengths, time } = randomRecurrence({ ...SMALL, reverse: [true] }, 25);
    const run = (mask: tf.Tensor2D): tf.Tensor3D => {
      const [projected, recurrentKernel, peephole] = inputs.map(({ shape, data }) =>
        tf.tensor(data, shape as [number]),
      ) as [tf.Tensor3D, tf.Tensor2D, tf.Tensor1D];
      return peepholeLstm([{ projected, recurrentKernel, peephole, reverse: true }], mask);
    };
    const mask = sequenceMask(lengths, time);
    const expected = await run(mask).data();
    const programs = await programsOf(async () => {
      expectClose(await run(tf.cast(mask, "int32")).data(), expected, 1e-6, "hidden");
    });
    expect(programs).not.toContain(STEP);
  });
});

describe("A recurrence fits a device", () => {
  const limits = {
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
    maxComputeWorkgroupsPerDimension: 65535,
  };
  const fits = (sizes: { batch: number; time: number; units: number }, rows = 2 * sizes.batch): boolean =>
    fitsDevice({ device: { limits } } as WebGPUBackend, {}, { ...sizes, rows, reversed: 0 });

  test("as long as its largest buffer can be bound", () => {
    expect(fits({ batch: 16, time: 100, units: 512 })).toBe(true);
    expect(fits({ batch: 16, time: 341, units: 512 })).toBe(true);
    expect(fits({ batch: 16, time: 342, units: 512 })).toBe(false);
    expect(fits({ batch: 1, time: 1, units: 2048 })).toBe(true);
    expect(fits({ batch: 1, time: 1, units: 2049 })).toBe(false);
  });

  test("and its rows make no more workgroups than can be dispatched", () => {
    expect(fits({ batch: 4 * 65535, time: 1, units: 1 })).toBe(true);
    expect(fits({ batch: 4 * 65535 + 1, time: 1, units: 1 })).toBe(false);
  });

  test("and it has something to do", () => {
    expect(fits({ batch: 3, time: 0, units: 4 })).toBe(false);
  });
});
