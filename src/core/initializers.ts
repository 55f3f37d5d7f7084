import * as tf from "@tensorflow/tfjs-core";
import { describeBytes, describeShape, TooLargeError } from "./errors.ts";
import { hasRoom } from "./parameter-room.ts";
import type { RandomStream } from "./random-stream.ts";
import { guardBackend } from "./wasm-guard.ts";

/**
 * Where a new module takes its first values from: a seeded stream, or `null` for zeros everywhere, when a checkpoint
 * is about to fill the module anyway.
 */
export type InitialValues = RandomStream | null;

function filled(shape: number[], random: InitialValues, draw: (random: RandomStream) => number): tf.Variable {
  if (random === undefined) throw new TypeError("A new module needs a RandomStream, or null for zeros. Got none.");
  const data = zeros(shape);
  if (random !== null) for (let index = 0; index < data.length; index++) data[index] = draw(random);
  return variable(() => tf.tensor(data, shape));
}

/** @throws TooLargeError when there is no memory for so many */
function zeros(shape: readonly number[]): Float32Array {
  const values = shape.reduce((product, size) => product * size, 1);
  const bytes = values * Float32Array.BYTES_PER_ELEMENT;
  try {
    if (hasRoom(bytes)) return new Float32Array(values);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const [wanted, needed] = [describeShape(shape), describeBytes(bytes)];
  throw new TooLargeError(`A parameter of shape ${wanted} needs ${needed}: there is no such memory.`);
}

/** A parameter of these values. It is never named: tfjs allows a name only once in a process. */
function variable<R extends tf.Rank>(valuesOf: () => tf.Tensor<R>): tf.Variable<R> {
  guardBackend();
  const values = valuesOf();
  const created = tf.variable(values);
  values.dispose();
  return created;
}

/** Uniform in +-sqrt(6 / (inputs + outputs)) of a [inputs, outputs] kernel. Source: Glorot and Bengio 2010. */
export function xavierUniform(inputs: number, outputs: number, random: InitialValues): tf.Variable<tf.Rank.R2> {
  const limit = Math.sqrt(6 / (inputs + outputs));
  return filled([inputs, outputs], random, (stream) => (2 * stream.next() - 1) * limit) as tf.Variable<tf.Rank.R2>;
}

/** Normal with mean 0, drawn again while outside of two deviations: what ERNIE and BERT start from. */
export function truncatedNormal(
  rows: number,
  columns: number,
  deviation: number,
  random: InitialValues,
): tf.Variable<tf.Rank.R2> {
  const draw = (stream: RandomStream): number => {
    for (;;) {
      const value = stream.nextNormal();
      if (Math.abs(value) <= 2) return value * deviation;
    }
  };
  return filled([rows, columns], random, draw) as tf.Variable<tf.Rank.R2>;
}

export function constant(size: number, value: number): tf.Variable<tf.Rank.R1> {
  return variable(() => tf.fill([size], value) as tf.Tensor1D);
}
