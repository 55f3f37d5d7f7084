import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { TemporalPooling } from "../../src/layers/pooling/temporal-pooling.ts";
import { describeOnBackends } from "./backends.ts";
import { describeSequenceLayer } from "./sequence-layer.ts";
import { randomizeParameters, randomSequence, randomTensor } from "./tensors.ts";

export interface TemporalPoolingCase {
  readonly create: () => TemporalPooling;
  readonly inputSize: number;
  /** Width of the guide, where it takes one. */
  readonly guideSize?: number;
  /** What it says to values [3, 7], and where it is guided to a guide of that shape. */
  readonly message: string;
}

/**
 * What every pooling owes its users, on every backend: what every layer over sequences owes, one vector of outputSize
 * values for each sequence, zeros for one without any row, and weights that pass over the padding.
 */
export function describeTemporalPooling(name: string, poolingCase: TemporalPoolingCase): void {
  const { create, inputSize, guideSize, message } = poolingCase;
  describeSequenceLayer(name, {
    ...{ create, inputSize },
    ...(guideSize !== undefined && { textSize: guideSize }),
    forward: (pooling, sequence, guide) => tf.tidy(() => pooling.forward(sequence, guide).pooled),
    failure: {
      run: (pooling, sequence, wrong) =>
        guideSize === undefined
          ? pooling.forward({ values: wrong as never, mask: sequence.mask })
          : pooling.forward(sequence, wrong),
      message,
    },
  });

  describeOnBackends(name, () => {
    test("gives one vector per sequence, zeros for one without any row, and no weight to padding", async () => {
      const random = new RandomStream(4);
      const pooling = create();
      randomizeParameters(pooling.parameters().values(), random);
      const lengths = [2, 0, 5];
      const sequence = randomSequence(lengths, inputSize, random, 6);
      const guide = guideSize === undefined ? undefined : randomTensor<tf.Rank.R2>([3, guideSize], random);
      const { pooled, weights } = pooling.forward(sequence, guide);
      expect(pooled.shape).toEqual([3, pooling.outputSize]);
      const [first, none, last] = (await pooled.array()) as number[][];
      expect(none).toEqual(Array(pooling.outputSize).fill(0));
      expect(first?.some((value) => value !== 0)).toBe(true);
      expect(last).not.toEqual(first);
      for (const [index, row] of (((await weights?.array()) ?? []) as number[][]).entries()) {
        expect(row.slice(lengths[index])).toEqual(Array(6 - (lengths[index] as number)).fill(0));
      }
      tf.dispose([pooled, sequence.values, sequence.mask, ...(weights ? [weights] : []), ...(guide ? [guide] : [])]);
      pooling.dispose();
    });
  });
}
