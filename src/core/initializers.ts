import * as tf from "@tensorflow/tfjs-core";
import type { RandomStream } from "./random-stream.ts";
import { guardBackend } from "./wasm-guard.ts";

/**
 * Where a new module takes its first values from: a seeded stream, or `null` for zeros everywhere, when a checkpoint
 * is about to fill the module anyway.
 */
export type InitialValues = RandomStream | null;

function filled(shape: number[], random: InitialValues, draw: (random: RandomStream) => number): tf.Variable {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (random !== null) for (let index = 0; index < data.length; index++) data[index] = draw(random);
  return variable(() => tf.tensor(data, shape));
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
