import * as tf from "@tensorflow/tfjs-core";
import { RandomStream } from "multimodal-video-tag";
import type { Prepared } from "../harness/serve.ts";

/** Which product is measured: a layer's, with bias and relu, or one of a gradient's. */
export type Form = "constant weights" | "a stored transposed" | "b stored transposed";

/** Work of a run, if a hundred products make as much: shorter ones would measure the clock. */
const OPERATIONS = 2e9;

/** Two matrices whose product is [rows, columns]. */
export function factors(
  form: Form,
  [rows, depth, columns]: readonly [number, number, number],
): { readonly a: tf.Tensor2D; readonly b: tf.Tensor2D } {
  const random = new RandomStream(1);
  const matrix = (shape: [number, number]): tf.Tensor2D =>
    tf.tensor2d(
      Float32Array.from({ length: shape[0] * shape[1] }, () => random.nextNormal()),
      shape,
    );
  return {
    a: matrix(form === "a stored transposed" ? [depth, rows] : [rows, depth]),
    b: matrix(form === "b stored transposed" ? [columns, depth] : [depth, columns]),
  };
}

/** A run of many products, whose time is one product's. */
export async function repeated(
  multiply: () => tf.Tensor,
  [rows, depth, columns]: readonly [number, number, number],
  inputs: readonly { dispose(): void }[],
): Promise<Prepared> {
  const times = Math.min(100, Math.max(1, Math.round(OPERATIONS / (2 * rows * depth * columns))));
  const first = multiply();
  const results = Array.from(await first.data()).slice(-16);
  first.dispose();
  return {
    results,
    scale: 1 / times,
    run() {
      for (let time = 0; time < times; time++) multiply().dispose();
    },
    dispose() {
      for (const input of inputs) input.dispose();
    },
  };
}
