import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
