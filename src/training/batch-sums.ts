import * as tf from "@tensorflow/tfjs-core";
import type { Figures } from "./training-state.ts";

/** The sums by name of two parts of a batch; a name that one of them lacks counts 0 there. */
export function addSums(some: Figures, others: Figures = {}): Figures {
  const names = Object.keys({ ...some, ...others });
  return Object.fromEntries(names.map((name) => [name, (some[name] ?? 0) + (others[name] ?? 0)]));
}

/** Adds a part's gradients to what the parts before it came to, and frees them. */
export function addGradients(sum: Map<string, tf.Tensor>, part: ReadonlyMap<string, tf.Tensor>): void {
  for (const [path, gradient] of part) {
    const before = sum.get(path);
    sum.set(path, before === undefined ? gradient : tf.add(before, gradient));
    if (before !== undefined) tf.dispose([before, gradient]);
  }
}
