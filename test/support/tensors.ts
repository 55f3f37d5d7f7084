import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { type SequenceBatch, sequenceMask } from "../../src/core/sequence-batch.ts";

/** Compares whole arrays: the largest difference may be `tolerance` times the scale (1 unless given). */
export function expectClose(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "values",
  scale = 1,
): void {
  expect(got.length, `${what}: number of values`).toBe(expected.length);
  let worst = 0;
  let at = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs((got[index] as number) - (expected[index] as number));
    if (!(difference <= worst)) {
      worst = difference;
      at = index;
    }
  }
  const message = `${what}: value ${at} is ${got[at]}, expected ${expected[at]}`;
  expect(worst, message).toBeLessThanOrEqual(tolerance * scale);
}

export async function expectTensorClose(
  got: tf.Tensor,
  expected: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  tolerance: number,
  what = "tensor",
): Promise<void> {
  expect(got.shape, `${what}: shape`).toEqual([...expected.shape]);
  expectClose(await got.data(), expected.data, tolerance, what);
}

/** The largest absolute value: what a relative tolerance refers to. */
export function largest(values: ArrayLike<number>): number {
  let result = 0;
  for (let index = 0; index < values.length; index++) result = Math.max(result, Math.abs(values[index] as number));
  return result;
}

export function randomTensor<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  random: RandomStream,
  deviation = 1,
): tf.Tensor<R> {
  const size = (shape as number[]).reduce((product, axis) => product * axis, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => deviation * random.nextNormal()),
    shape,
  );
}

/** Random sequences with noise of another size at the padding. */
export function randomSequence(
  lengths: readonly number[],
  size: number,
  random: RandomStream,
  time: number = Math.max(...lengths),
): SequenceBatch {
  return tf.tidy(() => {
    const mask = sequenceMask(lengths, time);
    const values = randomTensor<tf.Rank.R3>([lengths.length, time, size], random);
    const noise = randomTensor<tf.Rank.R3>([lengths.length, time, size], random, 100);
    const inside = tf.expandDims(mask, 2);
    return { values: tf.add(tf.mul(values, inside), tf.mul(noise, tf.sub(1, inside))) as tf.Tensor3D, mask };
  });
}

/** Fills all parameters with noise, biases and peepholes too: zeros would hide mistakes. */
export function randomizeParameters(parameters: Iterable<tf.Variable>, random: RandomStream, deviation = 0.5): void {
  for (const variable of parameters) {
    const values = randomTensor(variable.shape as [number], random, deviation);
    variable.assign(values);
    values.dispose();
  }
}

/** Runs it twice - the first time may fill caches - and expects as many tensors after the second as before. */
export async function expectNoLeak(run: () => unknown): Promise<void> {
  await run();
  const before = tf.memory().numTensors;
  await run();
  expect(tf.memory().numTensors, "tensors after a run").toBe(before);
}

/** A backend that answers slowly gets this many elements of each input checked, the others all. */
const CHECKED_ON_WEBGPU = 2;

/**
 * Compares gradients with central differences of the scalar `f`. Float32 limits what these can show: a step of 3e-3
 * and a tolerance of 1e-2 of the largest value catch a wrong term, a wrong sign, a wrong index.
 */
export async function expectGradients(
  f: (...inputs: tf.Tensor[]) => tf.Scalar,
  inputs: readonly tf.Tensor[],
  names: readonly string[],
): Promise<void> {
  const gradients = tf.grads(f)([...inputs]);
  const random = new RandomStream(5);
  for (const [index, input] of inputs.entries()) {
    const values = (await input.data()).slice() as Float32Array;
    const analytic = await (gradients[index] as tf.Tensor).data();
    const elements = random.shuffle([...values.keys()]);
    if (tf.getBackend() === "webgpu") elements.splice(CHECKED_ON_WEBGPU);
    const at = async (element: number, step: number): Promise<number> => {
      const moved = values.slice();
      moved[element] = (values[element] as number) + step;
      const result = tf.tidy(() =>
        f(...inputs.map((other, number) => (number === index ? tf.tensor(moved, input.shape) : other))),
      );
      const [value] = await result.data();
      result.dispose();
      return value as number;
    };
    const step = 3e-3;
    const numeric: number[] = [];
    for (const element of elements) numeric.push(((await at(element, step)) - (await at(element, -step))) / (2 * step));
    const got = elements.map((element) => analytic[element] as number);
    expectClose(got, numeric, 1e-2, `gradient of ${names[index]}`, Math.max(largest(analytic), 0.1));
  }
  tf.dispose(gradients);
}
