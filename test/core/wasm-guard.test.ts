import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BackendFailedError, BackendMemoryError } from "../../src/core/errors.ts";
import { rebuildBackend } from "../../src/core/wasm-guard.ts";
import { WasmAllocations } from "../support/wasm-memory.ts";

let allocations: WasmAllocations;

beforeEach(async () => {
  allocations = await WasmAllocations.start();
});

afterEach(() => allocations.end());

/** What is thrown. */
function problemOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("Nothing was thrown.");
}

describe("a wasm backend without memory", () => {
  test("refuses an operation whose result is larger than 4 GB, where its size would be cut to 32 bits", () => {
    const [column, row] = [tf.ones([40_000, 1]), tf.ones([1, 30_000])];
    const problem = problemOf(() => tf.matMul(column, row));
    expect(problem).toBeInstanceOf(BackendMemoryError);
    expect(problem.message).toBe(
      "The wasm backend has no 4800000000 bytes of memory left. Smaller batches or shorter videos need less.",
    );
    tf.dispose([column, row]);
  });

  test("refuses a tensor that is given to it, and all that comes later", async () => {
    const numbers = tf.tensor1d([1, 2, 3]);
    allocations.failAt(1);
    expect(problemOf(() => tf.tensor1d([4, 5]))).toEqual(
      new BackendMemoryError(
        "The wasm backend has no 8 bytes of memory left. Smaller batches or shorter videos need less.",
      ),
    );
    const refusal = new BackendFailedError(
      "The wasm backend must be made anew, and what it held be loaded anew. " +
        "The wasm backend has no 8 bytes of memory left. Smaller batches or shorter videos need less.",
    );
    expect(problemOf(() => tf.tensor1d([4, 5]))).toEqual(refusal);
    expect(problemOf(() => tf.neg(numbers))).toEqual(refusal);
    expect(problemOf(() => numbers.dataSync())).toEqual(refusal);
    await expect(numbers.data()).rejects.toEqual(refusal);
    numbers.dispose();
  });

  test("frees tensors, computes when it was made anew, and does not take over what was before", async () => {
    const before = tf.memory();
    const numbers = tf.tensor1d([1, 2, 3]);
    const twin = numbers.clone();
    allocations.failAt(1);
    problemOf(() => tf.neg(numbers));
    twin.dispose();
    await rebuildBackend();
    const sum = tf.tidy(() => tf.sum(tf.tensor1d([1, 2, 4])));
    expect(await sum.data()).toEqual(Float32Array.of(7));
    const refusal = /^The wasm backend must be made anew.* The wasm backend has no 12 bytes/;
    expect(() => tf.add(numbers, 1)).toThrow(refusal);
    expect(() => numbers.dataSync()).toThrow(refusal);
    expect(await sum.data()).toEqual(Float32Array.of(7));
    tf.dispose([numbers, sum]);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });
});

describe("a wasm backend whose own operations fail", () => {
  test("refuses what comes after a crash", () => {
    const values = tf.tensor1d([1, 2, 3]);
    // The wasm backend reads wherever an index points to.
    const indices = tf.tensor2d([[500_000_000]], [1, 1], "int32");
    expect(() => tf.gatherND(values, indices)).toThrow(
      new BackendFailedError("The wasm backend failed: memory access out of bounds"),
    );
    expect(() => tf.neg(values)).toThrow("The wasm backend must be made anew");
    tf.dispose([values, indices]);
  });

  /** Some of them ask for memory themselves, and abort without it or go on. */
  const works: Readonly<Record<string, (x: tf.Tensor2D) => tf.Tensor>> = {
    softmax: (x) => tf.softmax(x),
    transpose: (x) => tf.transpose(x),
    matMul: (x) => tf.matMul(x, x, true, false),
    prelu: (x) => tf.prelu(x, tf.fill([1, 60], 0.5) as tf.Tensor2D),
    resizing: (x) => tf.image.resizeBilinear(tf.reshape(x, [40, 60, 1]) as tf.Tensor3D, [11, 13]),
    convolution: (x) => tf.conv2d(tf.reshape(x, [1, 40, 60, 1]) as tf.Tensor4D, tf.ones([3, 3, 1, 2]), 1, "same"),
    topk: (x) => tf.topk(x, 3).values,
    sum: (x) => tf.sum(x, 0),
  };

  test.each(Object.entries(works))(
    "gives the right values of %s or refuses, however much memory is left",
    async (name, work) => {
      const values = Float32Array.from({ length: 2_400 }, (_, index) => Math.sin(index));
      const run = () => tf.tidy(() => work(tf.tensor2d(values, [40, 60])).dataSync());
      const expected = run();
      const outcomes = { right: 0, refused: 0 };
      for (let bytes = 64; bytes < 300_000; bytes = Math.ceil(bytes * 1.4)) {
        await rebuildBackend();
        allocations.leave(bytes);
        try {
          expect(run(), `${name} with ${bytes} bytes`).toEqual(expected);
          outcomes.right++;
        } catch (error) {
          if (!(error instanceof BackendFailedError)) throw error;
          outcomes.refused++;
        }
      }
      expect(outcomes.right).toBeGreaterThan(0);
      expect(outcomes.refused).toBeGreaterThan(0);
      // XNNPACK, within TensorFlow.js, tells of its failures here and computes nothing.
      vi.mocked(console.warn).mockClear();
    },
  );
});
