import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { registerKernels, unregisterKernels } from "../../src/kernels/index.ts";
import { WasmMemory } from "../../src/kernels/wasm/wasm-memory.ts";
import { attention } from "../../src/ops/attention.ts";
import { columnSums } from "../../src/ops/column-sums.ts";
import { dense } from "../../src/ops/dense.ts";
import { peepholeLstm, type RecurrentDirection } from "../../src/ops/peephole-lstm.ts";
import { product } from "../../src/ops/product.ts";
import { adamW } from "../../src/training/adam-w.ts";
import type { Optimizer } from "../../src/training/optimizer.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { sgd } from "../../src/training/sgd.ts";
import { peakOfHeap } from "../support/heap-meter.ts";
import { expectClose, expectNoLeak, randomTensor } from "../support/tensors.ts";

const SIZES = [
  [1, 1, 1],
  [5, 7, 9],
  [4, 8, 8],
  [3, 513, 17],
  [193, 20, 30],
  [203, 37, 70],
  [2, 1100, 11],
] as const;

beforeAll(async () => {
  await tf.setBackend("wasm");
});

afterEach(unregisterKernels);

/** In double precision. */
function multiplied(a: ArrayLike<number>, b: ArrayLike<number>, [rows, depth, columns]: readonly number[]): number[] {
  const result = new Array<number>((rows as number) * (columns as number)).fill(0);
  for (let row = 0; row < (rows as number); row++) {
    for (let k = 0; k < (depth as number); k++) {
      for (let column = 0; column < (columns as number); column++) {
        const place = row * (columns as number) + column;
        const term = (a[row * (depth as number) + k] as number) * (b[k * (columns as number) + column] as number);
        result[place] = (result[place] as number) + term;
      }
    }
  }
  return result;
}

describe("products", () => {
  test("every size and transposition, with and without padded rows, is the product of the definition", async () => {
    registerKernels();
    const used = vi.spyOn(WasmMemory.prototype, "output");
    const random = new RandomStream(1);
    for (const [rows, depth, columns] of SIZES) {
      const a = randomTensor<tf.Rank.R2>([rows, depth], random);
      const b = randomTensor<tf.Rank.R2>([depth, columns], random);
      const expected = multiplied(await a.data(), await b.data(), [rows, depth, columns]);
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const c = product(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b, {
            transposeA,
            transposeB,
          });
          expect(c.shape).toEqual([rows, columns]);
          expectClose(await c.data(), expected, 1e-6 * depth, `${[rows, depth, columns]} ${transposeA} ${transposeB}`);
        }
      }
      const mask = tf.tensor1d(Array.from({ length: rows }, (_, row) => (row % 3 === 1 ? 0 : 1)));
      const masked = tf.mul(a, tf.expandDims(mask, 1)) as tf.Tensor2D;
      const kept = multiplied(await masked.data(), await b.data(), [rows, depth, columns]);
      expectClose(await product(a, b, {}, mask).data(), kept, 1e-6 * depth, "padded rows");
      expectClose(
        await product(a, tf.transpose(b), { transposeB: true }, mask).data(),
        kept,
        1e-6 * depth,
        "padded rows",
      );
      const other = randomTensor<tf.Rank.R2>([rows, columns], random);
      const gradient = multiplied(await tf.transpose(masked).data(), await other.data(), [depth, rows, columns]);
      expectClose(await product(a, other, { transposeA: true }, mask).data(), gradient, 1e-6 * rows, "padded depth");
      const sums = multiplied(await mask.data(), await other.data(), [1, rows, columns]);
      expectClose(await columnSums(other, mask).data(), sums, 1e-6 * rows, "sums of columns");
    }
    expect(used).toHaveBeenCalledTimes(SIZES.length * 8);
  });

  test("a product over padded rows alone is zeros, whatever stood in the memory before", async () => {
    registerKernels();
    tf.fill([5, 7], 3).dispose();
    const nothing = tf.zeros([4]) as tf.Tensor1D;
    const result = product(tf.ones([4, 5]), tf.ones([4, 7]), { transposeA: true }, nothing);
    expect([...(await result.data())]).toEqual(Array(35).fill(0));
  });

  test("a row's result does not depend on the rows beside it, to the last bit", async () => {
    registerKernels();
    const random = new RandomStream(2);
    const x = randomTensor<tf.Rank.R2>([23, 600], random);
    const kernel = randomTensor<tf.Rank.R2>([600, 19], random);
    const together = await dense(x, kernel, undefined, { activation: "tanh" }).data();
    for (const row of [0, 5, 22]) {
      const alone = await dense(tf.slice(x, [row, 0], [1, 600]), kernel, undefined, { activation: "tanh" }).data();
      expect(alone).toEqual(together.slice(row * 19, (row + 1) * 19));
    }
  });
});

test("what is not a number stays none: in the recurrence, in attention, under an activation", async () => {
  registerKernels();
  const nan = (shape: number[]) => tf.fill(shape, Number.NaN);
  const expectNaN = async (tensor: tf.Tensor) => expect([...(await tensor.data())].every(Number.isNaN)).toBe(true);
  for (const units of [1, 4]) {
    const [recurrentKernel, peephole] = [tf.zeros([units, 4 * units]), tf.zeros([3 * units])];
    const direction = { projected: nan([1, 2, 4 * units]), recurrentKernel, peephole, reverse: false };
    await expectNaN(peepholeLstm([direction as RecurrentDirection], tf.ones([1, 2])));
  }
  const rows = nan([1, 3, 4]) as tf.Tensor3D;
  await expectNaN(attention(rows, rows, tf.ones([1, 3, 4]), tf.ones([1, 3]), 2));
  for (const activation of ["relu", "tanh"] as const) {
    await expectNaN(dense(nan([2, 3]), tf.ones([3, 5]), undefined, { activation }));
  }
});

describe("packed weights", () => {
  test("follow a variable that is assigned to, and go when it goes", async () => {
    registerKernels();
    const variable = tf.variable(tf.eye(9) as tf.Tensor2D);
    const x = tf.ones([3, 9]) as tf.Tensor2D;
    const run = async () => [...(await tf.tidy(() => dense(x, variable as tf.Tensor2D, undefined)).data())];
    expect(await run()).toEqual(Array(27).fill(1));
    const twice = tf.mul(variable, 2) as tf.Tensor2D;
    variable.assign(twice);
    twice.dispose();
    expect(await run()).toEqual(Array(27).fill(2));
    expect(await run()).toEqual(Array(27).fill(2));
    tf.dispose([variable, x]);
  });

  test("do not pile up in the backend's memory", async () => {
    registerKernels();
    const backend = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
    const x = tf.ones([2, 1024]) as tf.Tensor2D;
    const multiplyOnce = () => {
      const kernel = tf.ones([1024, 1024]) as tf.Tensor2D;
      tf.dispose([dense(x, kernel, undefined), kernel]);
    };
    multiplyOnce();
    const before = backend.wasm.HEAPU8.length;
    for (let times = 0; times < 20; times++) multiplyOnce();
    expect(backend.wasm.HEAPU8.length).toBe(before);
    x.dispose();
  });

  test("are not taken for those of the same values in another shape", async () => {
    registerKernels();
    const values = tf.range(0, 12);
    const x = tf.ones([1, 3]) as tf.Tensor2D;
    const narrow = tf.ones([1, 2]) as tf.Tensor2D;
    expect([...(await dense(x, tf.reshape(values, [3, 4]), undefined).data())]).toEqual([12, 15, 18, 21]);
    expect([...(await dense(narrow, tf.reshape(values, [2, 6]), undefined).data())]).toEqual([6, 8, 10, 12, 14, 16]);
  });
});

describe("steps of optimizers", () => {
  const rates = { weightDecay: () => 0.02 };
  const optimizers: Readonly<Record<string, Optimizer>> = {
    rmsProp: rmsProp({ rho: 0.9, epsilon: 1e-6, ...rates }),
    "rmsProp, undecayed": rmsProp({ rho: 0.9, epsilon: 1e-6, weightDecay: () => 0 }),
    adamW: adamW(rates),
    sgd: sgd(rates),
    "sgd, momentum": sgd({ momentum: 0.9, ...rates }),
    "sgd, nesterov": sgd({ momentum: 0.9, nesterov: true, ...rates }),
  };

  /** Parameters of several sizes and all that is remembered of them, after three steps. */
  async function afterThreeSteps(optimizer: Optimizer): Promise<number[][]> {
    const random = new RandomStream(3);
    const sizes = [0, 1, 3, 4, 7, 4099];
    const parameters = new Map(sizes.map((size) => [`${size}`, tf.variable(randomTensor([size], random))]));
    const state = optimizer.init(parameters);
    for (const learningRate of [0.3, 0.01, 0.002]) {
      const gradients = new Map(sizes.map((size) => [`${size}`, randomTensor([size], random) as tf.Tensor]));
      await expectNoLeak(() => optimizer.update(parameters, gradients, state, learningRate));
      tf.dispose([...gradients.values()]);
    }
    return Promise.all([...parameters.values(), ...state.values()].map(async (each) => [...(await each.data())]));
  }

  for (const [name, optimizer] of Object.entries(optimizers)) {
    test(`${name}: the bits are those of the composed step`, async () => {
      const composed = await afterThreeSteps(optimizer);
      registerKernels();
      const successors = vi.spyOn(WasmMemory.prototype, "successor");
      expect(await afterThreeSteps(optimizer)).toEqual(composed);
      expect(successors).toHaveBeenCalled();
    });
  }

  test("change values in place, but not those that somebody else holds or has packed", async () => {
    registerKernels();
    const optimizer = sgd({ weightDecay: () => 0 });
    const initial = tf.eye(9) as tf.Tensor2D;
    const parameter = tf.variable(initial);
    initial.dispose();
    const parameters = new Map([["kernel", parameter as tf.Variable]]);
    const gradients = new Map([["kernel", tf.mul(tf.eye(9), -1) as tf.Tensor]]);
    const x = tf.ones([3, 9]) as tf.Tensor2D;
    const multiply = async () => [...(await tf.tidy(() => dense(x, parameter as tf.Tensor2D, undefined)).data())];
    const values = parameter.dataId;
    expect(await multiply()).toEqual(Array(27).fill(1));
    optimizer.update(parameters, gradients, new Map(), 1);
    expect(await multiply()).toEqual(Array(27).fill(2));
    expect(parameter.dataId).toBe(values);
    const clone = tf.clone(parameter);
    optimizer.update(parameters, gradients, new Map(), 1);
    expect(await multiply()).toEqual(Array(27).fill(3));
    expect([...(await clone.data())]).toEqual([...(await tf.mul(tf.eye(9), 2).data())]);
  });

  test("of values that another backend had", async () => {
    registerKernels();
    await tf.setBackend("cpu");
    const parameters = new Map([["a", tf.variable(tf.tensor1d([1, 2])) as tf.Variable]]);
    const clone = tf.clone(parameters.get("a") as tf.Tensor);
    await tf.setBackend("wasm");
    sgd({ weightDecay: () => 0 }).update(parameters, new Map([["a", tf.ones([2])]]), new Map(), 1);
    expect([...((await parameters.get("a")?.data()) ?? [])]).toEqual([0, 1]);
    expect([...(await clone.data())]).toEqual([1, 2]);
  });
});

describe("the backend's memory", () => {
  test("may grow between two calls", async () => {
    registerKernels();
    const kernel = tf.eye(8) as tf.Tensor2D;
    const x = tf.range(0, 16).reshape([2, 8]) as tf.Tensor2D;
    const before = await dense(x, kernel, undefined).data();
    const large = tf.zeros([64 * 2 ** 20]);
    expect(await dense(x, kernel, undefined).data()).toEqual(before);
    large.dispose();
  });

  test("is another one when the backend is made anew", async () => {
    registerKernels();
    dense(tf.ones([1, 3]), tf.eye(3) as tf.Tensor2D, undefined).dispose();
    const start = tf.findBackendFactory("wasm");
    await tf.setBackend("cpu");
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", start);
    await tf.setBackend("wasm");
    expect([...(await dense(tf.ones([1, 3]), tf.eye(3) as tf.Tensor2D, undefined).data())]).toEqual([1, 1, 1]);
  });

  test("that cannot be had leaves the work to TensorFlow.js", async () => {
    registerKernels();
    vi.spyOn(WasmMemory, "of").mockReturnValue(undefined);
    expect([...(await dense(tf.ones([1, 3]), tf.eye(3) as tf.Tensor2D, undefined).data())]).toEqual([1, 1, 1]);
  });

  test("is not taken by a clone, which keeps its values when the variable gets others", async () => {
    registerKernels();
    dense(tf.ones([1, 3]), tf.eye(3) as tf.Tensor2D, undefined);
    const values = tf.variable(tf.fill([1000], 7));
    let clone: tf.Tensor | undefined;
    expect(
      await peakOfHeap(async () => {
        clone = tf.clone(values);
      }),
    ).toBe(0);
    values.assign(tf.zeros([1000]));
    expect((await clone?.data())?.every((value) => value === 7)).toBe(true);
    unregisterKernels();
    expect(await peakOfHeap(async () => tf.clone(values).dispose())).toBe(4000);
  });

  test("holds no tensor more after a call", async () => {
    registerKernels();
    const x = tf.ones([4, 5]);
    const kernel = tf.ones([5, 6]) as tf.Tensor2D;
    await expectNoLeak(() => dense(x, kernel, undefined).dispose());
    tf.dispose([x, kernel]);
  });
});
