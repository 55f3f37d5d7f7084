import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Module } from "../../src/core/module.ts";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import { describeOnBackends } from "./backends.ts";
import {
  expectClose,
  expectGradients,
  expectNoLeak,
  randomizeParameters,
  randomSequence,
  randomTensor,
} from "./tensors.ts";

export interface SequenceLayerCase<M extends Module> {
  readonly create: () => M;
  readonly inputSize: number;
  /** Width of a second input, one vector a sequence, where the layer has one. */
  readonly textSize?: number;
  /** [batch, size] where the layer pools over time, [batch, time, size] where it does not. */
  readonly forward: (layer: M, sequence: SequenceBatch, text: tf.Tensor2D | undefined) => tf.Tensor;
  /** A call that must fail, with its message. `wrong` is a tensor [3, 7] that fits nowhere. */
  readonly failure: {
    readonly run: (layer: M, sequence: SequenceBatch, wrong: tf.Tensor2D) => unknown;
    readonly message: string;
  };
}

const LENGTHS = [3, 1, 4];

/**
 * What every layer over sequences owes its users, on every backend: right gradients, a result that does not depend on
 * padding or on the rest of the batch, and no tensor left behind - by a failed call neither.
 */
export function describeSequenceLayer<M extends Module>(name: string, layerCase: SequenceLayerCase<M>): void {
  const { create, inputSize, textSize, forward, failure } = layerCase;
  const randomText = (batch: number, random: RandomStream): tf.Tensor2D | undefined =>
    textSize === undefined ? undefined : randomTensor<tf.Rank.R2>([batch, textSize], random);

  describeOnBackends(name, (backend) => {
    test("has the gradients of its formula, for inputs and every parameter that is trained", async () => {
      const random = new RandomStream(1);
      const layer = create();
      randomizeParameters(layer.trainableParameters().values(), random);
      const sequence = randomSequence(LENGTHS, inputSize, random);
      const text = randomText(LENGTHS.length, random);
      const result = forward(layer, sequence, text);
      const weights = tf.tidy(() => {
        const all = randomTensor(result.shape as [number], random);
        return result.rank === 3 ? tf.mul(all, tf.expandDims(sequence.mask, 2)) : all;
      });
      const names = [...layer.trainableParameters().keys()];
      const variables = [...layer.trainableParameters().values()];
      const inputs = [...variables.map((variable) => variable.clone()), sequence.values, ...(text ? [text] : [])];
      await expectGradients(
        (...moved) => {
          for (const [index, variable] of variables.entries())
            replaceField(layer, names[index] as string, moved[index], variable);
          const values = moved[variables.length] as tf.Tensor3D;
          const output = forward(layer, { values, mask: sequence.mask }, moved[variables.length + 1] as tf.Tensor2D);
          return tf.sum(tf.mul(output, weights)) as tf.Scalar;
        },
        inputs,
        [...names, "values", "text"],
      );
    });

    test("gives each sequence what it gives it alone, whatever the padding holds", async () => {
      const layer = create();
      randomizeParameters(layer.trainableParameters().values(), new RandomStream(2));
      const property = fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        async (lengths, extra, seed) => {
          const random = new RandomStream(seed);
          const sequence = randomSequence(lengths, inputSize, random, Math.max(...lengths) + extra);
          const text = randomText(lengths.length, random);
          const together = forward(layer, sequence, text);
          for (const [index, length] of lengths.entries()) {
            const alone = tf.tidy(() => {
              const single = {
                values: tf.slice(sequence.values, [index, 0, 0], [1, length, inputSize]),
                mask: tf.ones([1, length]) as tf.Tensor2D,
              };
              const singleText = text && tf.slice(text, [index, 0], [1, -1]);
              return forward(layer, single, singleText);
            });
            const expected = await alone.data();
            const size = together.shape.at(-1) as number;
            const begin = index * (together.size / lengths.length);
            const got = (await together.data()).slice(begin, begin + (alone.rank === 3 ? length * size : size));
            expectClose(
              got,
              expected,
              2e-6,
              `sequence ${index} of lengths ${lengths}`,
              1 + Math.max(...expected.map(Math.abs)),
            );
            alone.dispose();
          }
          tf.dispose([together, sequence, ...(text ? [text] : [])]);
        },
      );
      await fc.assert(property, { numRuns: backend === "webgpu" ? 1 : 25, seed: 11 });
      layer.dispose();
    });

    test("leaves no tensor behind: forward, gradient, failed call", async () => {
      const random = new RandomStream(3);
      const layer = create();
      const sequence = randomSequence(LENGTHS, inputSize, random);
      const text = randomText(LENGTHS.length, random);
      await expectNoLeak(() => forward(layer, sequence, text).dispose());
      const variables = [...layer.trainableParameters().values()];
      await expectNoLeak(() => {
        const ofInput = (values: tf.Tensor) =>
          tf.sum(forward(layer, { ...sequence, values: values as tf.Tensor3D }, text));
        tf.dispose(tf.valueAndGrad(ofInput)(sequence.values));
        if (variables.length === 0) return;
        const { value, grads } = tf.variableGrads(() => tf.sum(forward(layer, sequence, text)), variables);
        tf.dispose([value, grads]);
      });
      const wrong = tf.zeros([3, 7]) as tf.Tensor2D;
      await expectNoLeak(() => expect(() => failure.run(layer, sequence, wrong)).toThrow(failure.message));
      const others = tf.memory().numTensors;
      layer.dispose();
      expect(tf.memory().numTensors).toBe(others - layer.parameters().size);
      tf.dispose(sequence);
    });
  });
}

/** Puts a tensor where a parameter is, so that `tf.grads` can see it; parameters stay variables in real use. */
function replaceField(module: Module, path: string, tensor: tf.Tensor | undefined, variable: tf.Variable): void {
  const fields = path.split(".");
  const last = fields.pop() as string;
  let owner: unknown = module;
  for (const field of fields) owner = (owner as Record<string, unknown>)[field];
  (owner as Record<string, unknown>)[last] = tensor ?? variable;
}
