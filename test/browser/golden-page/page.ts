import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../../examples/browser/src/messages.ts";
import { startBackend } from "../../../examples/browser/src/start-backend.ts";
import { computeForward, computeTraining } from "../../support/golden-computation.ts";
import { type Arrays, goldenModelFiles, parseGoldenModel } from "../../support/golden-model.ts";

/** Tensors as they travel from a page to a test. */
export type PlainArrays = [name: string, values: { readonly shape: readonly number[]; readonly data: number[] }][];

export interface PageForward {
  readonly backend: string;
  readonly results: PlainArrays;
  readonly leakedTensors: number;
}

export interface PageTraining {
  readonly backend: string;
  readonly losses: readonly number[];
  readonly learningRates: readonly number[];
  readonly gradients: PlainArrays;
  readonly trained: PlainArrays;
  readonly leakedTensors: number;
}

export interface GoldenPage {
  start(backend: Backend): Promise<void>;
  forward(name: string): Promise<PageForward>;
  training(name: string): Promise<PageTraining>;
}

async function fetchGolden(name: string): Promise<(path: string) => Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const path of goldenModelFiles(name)) {
    const response = await fetch(`models/${path}`);
    files.set(path, new Uint8Array(await response.arrayBuffer()));
  }
  return (path) => files.get(path) as Uint8Array;
}

function plain(arrays: Arrays): PlainArrays {
  return [...arrays].map(([name, { shape, data }]) => [name, { shape, data: [...data] }]);
}

const page: GoldenPage = {
  start: startBackend,

  async forward(name) {
    const golden = parseGoldenModel(await fetchGolden(name), name);
    const before = tf.memory().numTensors;
    const results = plain(await computeForward(golden));
    return { backend: tf.getBackend(), results, leakedTensors: tf.memory().numTensors - before };
  },

  async training(name) {
    const golden = parseGoldenModel(await fetchGolden(name), name, 0);
    const before = tf.memory().numTensors;
    const { gradients, trained, ...numbers } = await computeTraining(golden);
    const leakedTensors = tf.memory().numTensors - before;
    return {
      backend: tf.getBackend(),
      ...numbers,
      gradients: plain(gradients),
      trained: plain(trained),
      leakedTensors,
    };
  },
};

Object.assign(globalThis, { golden: page });
