import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { loadState, readState } from "../../src/core/state.ts";
import { BidirectionalLstm, PeepholeLstm } from "../../src/layers/peephole-lstm.ts";
import { describeOnBackends } from "../support/backends.ts";
import { describeSequenceLayer } from "../support/sequence-layer.ts";
import { expectClose, randomizeParameters, randomSequence } from "../support/tensors.ts";

const failure = (name: string) => ({
  run: (layer: PeepholeLstm | BidirectionalLstm, { values }: { values: tf.Tensor3D }, wrong: tf.Tensor2D) =>
    layer.forward({ values, mask: wrong }),
  message: `${name}: mask must have shape [3, 4]. Got [3, 7].`,
});

describeSequenceLayer("PeepholeLstm", {
  create: () => new PeepholeLstm({ inputSize: 2, units: 2, inputBias: true }, new RandomStream(41)),
  inputSize: 2,
  forward: (layer, sequence) => layer.forward(sequence),
  failure: failure("PeepholeLstm"),
});

describeSequenceLayer("PeepholeLstm, reverse", {
  create: () => new PeepholeLstm({ inputSize: 2, units: 2, reverse: true }, new RandomStream(42)),
  inputSize: 2,
  forward: (layer, sequence) => layer.forward(sequence),
  failure: failure("PeepholeLstm"),
});

describeSequenceLayer("BidirectionalLstm", {
  create: () =>
    new BidirectionalLstm(
      { inputSize: 2, units: 2, inputBias: { forward: true, backward: false } },
      new RandomStream(43),
    ),
  inputSize: 2,
  forward: (layer, sequence) => layer.forward(sequence),
  failure: failure("BidirectionalLstm"),
});

describeOnBackends("BidirectionalLstm", () => {
  test("is a forward LSTM beside one over the reversed sequence", async () => {
    const random = new RandomStream(44);
    const config = { inputSize: 3, units: 2 };
    const both = new BidirectionalLstm(config, random);
    randomizeParameters(both.parameters().values(), random);
    const sequence = randomSequence([5], 3, random);
    const hidden = (await both.forward(sequence).array()) as number[][][];

    const single = new PeepholeLstm(config, random);
    const run = async (lstm: PeepholeLstm, values: tf.Tensor3D): Promise<number[][]> => {
      loadState(single, await readState(lstm));
      return ((await single.forward({ values, mask: sequence.mask }).array()) as number[][][])[0] as number[][];
    };
    const forwards = await run(both.forwards, sequence.values);
    const backwards = (await run(both.backwards, tf.reverse(sequence.values, 1))).reverse();
    const expected = forwards.map((row, step) => [...row, ...(backwards[step] as number[])]);
    expectClose((hidden[0] as number[][]).flat(), expected.flat(), 1e-6, "hidden");
  });

  test("gives hidden states of zero at the padding, and cell states beside them", async () => {
    const both = new BidirectionalLstm({ inputSize: 3, units: 2 }, new RandomStream(45));
    const sequence = randomSequence([2, 4], 3, new RandomStream(46));
    const { hidden, cell } = both.states(sequence);
    for (const states of [hidden, cell]) {
      expect(states.shape).toEqual([2, 4, 4]);
      const [first] = (await states.array()) as number[][][];
      expect(first?.slice(2).flat().map(Math.abs)).toEqual(new Array(8).fill(0));
      expect(first?.slice(0, 2).flat()).not.toContain(0);
    }
    expectClose(await both.forward(sequence).data(), await hidden.data(), 0, "hidden");
  });
});
