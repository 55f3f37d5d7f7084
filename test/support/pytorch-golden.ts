import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";

/** A tensor as scripts/pytorch-golden.py writes it: float64 values in C order. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export type GoldenTensors = Readonly<Record<string, GoldenTensor>>;

/** What scripts/pytorch-golden.py wrote. */
export function readPyTorchGolden<Content>(name: string): Content {
  return JSON.parse(readFileSync(new URL(`../fixtures/pytorch/${name}`, import.meta.url), "utf8")) as Content;
}

export function toTensor({ shape, data }: GoldenTensor): tf.Tensor {
  return tf.tensor([...data], [...shape], "float32");
}
