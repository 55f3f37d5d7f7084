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

const STEP = 3e-3;
const DIRECTION_STEP = 1e-2;

/**
 * Compares gradients with central differences of the scalar `f`, element by element. Float32 limits what these can
 * show: a step of 3e-3 and a tolerance of 1e-2 of the largest value catch a wrong term, a wrong sign, a wrong index.
 *
 * WebGPU, in software as a rule, takes too long for that: there a few random directions through all inputs at once are
 * compared instead. An error hides from one of them only by standing at a right angle to it.
 */
export async function expectGradients(
  f: (...inputs: tf.Tensor[]) => tf.Scalar,
  inputs: readonly tf.Tensor[],
  names: readonly string[],
): Promise<void> {
  const gradients = tf.grads(f)([...inputs]);
  const values = (await Promise.all(inputs.map((input) => input.data()))) as Float32Array[];
  const analytic = (await Promise.all(gradients.map((gradient) => gradient.data()))) as Float32Array[];
  tf.dispose(gradients);
  const at = async (moved: readonly Float32Array[]): Promise<number> => {
    const result = tf.tidy(() =>
      f(
        ...inputs.map((input, index) =>
          moved[index] === values[index] ? input : tf.tensor(moved[index] as Float32Array, input.shape),
        ),
      ),
    );
    const [value] = await result.data();
    result.dispose();
    return value as number;
  };
  const slope = async (move: (sign: number) => readonly Float32Array[], step: number): Promise<number> =>
    ((await at(move(1))) - (await at(move(-1)))) / (2 * step);

  if (tf.getBackend() === "webgpu") {
    const random = new RandomStream(5);
    const flat = analytic.flatMap((gradient) => [...gradient]);
    const scale = Math.max(Math.hypot(...flat), 0.1) / Math.sqrt(flat.length);
    for (let trial = 0; trial < 3; trial++) {
      const drawn = values.map((each) => each.map(() => random.nextNormal()));
      const length = Math.hypot(...drawn.flatMap((each) => [...each]));
      const direction = drawn.map((each) => each.map((part) => part / length));
      const shift = (index: number, element: number) => DIRECTION_STEP * (direction[index]?.[element] as number);
      const move = (sign: number) =>
        values.map((each, index) => each.map((value, element) => value + sign * shift(index, element)));
      const expected = direction
        .flatMap((each) => [...each])
        .reduce((sum, part, element) => sum + part * (flat[element] as number), 0);
      const numeric = await slope(move, DIRECTION_STEP);
      expectClose([numeric], [expected], 5e-2, `slope along direction ${trial}`, scale);
    }
    return;
  }
  for (const [index, own] of values.entries()) {
    const numeric: number[] = [];
    for (const element of own.keys()) {
      const move = (sign: number) => {
        const moved = own.slice();
        moved[element] = (own[element] as number) + sign * STEP;
        return values.map((each, other) => (other === index ? moved : each));
      };
      numeric.push(await slope(move, STEP));
    }
    const gradient = analytic[index] as Float32Array;
    expectClose(gradient, numeric, 1e-2, `gradient of ${names[index]}`, Math.max(largest(gradient), 0.1));
  }
}
