import * as tf from "@tensorflow/tfjs-core";
import type { Task } from "../harness/serve.ts";

/** So many parameters in five square matrices, and a gradient for each. */
export function gradientsAndParameters({ count }: Task): {
  readonly parameters: Map<string, tf.Variable>;
  readonly gradients: Map<string, tf.Tensor>;
} {
  const side = Math.round(Math.sqrt(Number(count) / 5));
  const paths = Array.from({ length: 5 }, (_, index) => `matrix ${index}`);
  const parameters = new Map(paths.map((path) => [path, tf.variable(tf.ones([side, side]))]));
  const gradients = new Map(paths.map((path) => [path, tf.fill([side, side], 1e-3)]));
  return { parameters, gradients };
}
