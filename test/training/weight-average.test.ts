import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { sgd } from "../../src/training/sgd.ts";
import { exponentialMovingAverage } from "../../src/training/weight-average.ts";
import { describeOnBackends } from "../support/backends.ts";
import { type GoldenTensor, type GoldenTensors, readPyTorchGolden, toTensor } from "../support/pytorch-golden.ts";
import { expectNoLeak, expectTensorClose, largest } from "../support/tensors.ts";

const golden = readPyTorchGolden<{
  readonly initial: GoldenTensors;
  readonly gradients: readonly GoldenTensors[];
  readonly movingAverage: {
    readonly decay: number;
    readonly learningRate: number;
    readonly averages: readonly GoldenTensors[];
  };
}>("optimizers.json");

const variables = (tensors: GoldenTensors): Map<string, tf.Variable> =>
  new Map(Object.entries(tensors).map(([path, tensor]) => [path, tf.variable(toTensor(tensor))]));

describeOnBackends("exponentialMovingAverage", () => {
  test("every average is PyTorch's after every step", async () => {
    const { decay, learningRate, averages } = golden.movingAverage;
    const parameters = variables(golden.initial);
    const optimizer = sgd({ weightDecay: () => 0 });
    const state = optimizer.init(parameters);
    const average = exponentialMovingAverage({ decay });
    const means = average.init(parameters);
    expect([...means.keys()]).toEqual(["block.kernel:average", "block.bias:average", "norm.scale:average"]);
    for (const [step, expected] of averages.entries()) {
      const gradients = Object.entries(golden.gradients[step] as GoldenTensors);
      optimizer.update(
        parameters,
        new Map(gradients.map(([path, each]) => [path, toTensor(each)])),
        state,
        learningRate,
      );
      average.update(parameters, means);
      for (const [path, tensor] of Object.entries(expected)) {
        const tolerance = 1e-6 * Math.max(1, largest((golden.initial[path] as GoldenTensor).data));
        const mean = means.get(`${path}:average`) as tf.Tensor;
        await expectTensorClose(mean, tensor, tolerance, `${path} after step ${step}`);
      }
    }
  });

  test("swaps the averages in and out bit for bit, and each stays its own", async () => {
    const average = exponentialMovingAverage({ decay: 0.7 });
    const parameters = variables(golden.initial);
    const means = average.init(parameters);
    for (const parameter of parameters.values()) parameter.assign(tf.add(tf.mul(parameter, 1.7), 0.1));
    average.update(parameters, means);
    const read = (tensors: ReadonlyMap<string, tf.Variable>) =>
      Promise.all([...tensors.values()].map(async (each) => (await each.data()).slice()));
    const [last, averaged] = [await read(parameters), await read(means)];
    expect(last).not.toEqual(averaged);
    average.swap(parameters, means);
    expect(await read(parameters)).toEqual(averaged);
    expect(await read(means)).toEqual(last);
    average.swap(parameters, means);
    expect(await read(parameters)).toEqual(last);
    expect(await read(means)).toEqual(averaged);
    for (const parameter of parameters.values()) parameter.assign(tf.zerosLike(parameter));
    expect(await read(means)).toEqual(averaged);
  });

  test("leaves no tensor behind, and names a parameter without an average before anything is swapped", async () => {
    const average = exponentialMovingAverage({ decay: 0.7 });
    const parameters = variables(golden.initial);
    const means = average.init(parameters);
    await expectNoLeak(() => {
      average.update(parameters, means);
      average.swap(parameters, means);
    });
    const bytes = tf.memory().numBytes;
    average.swap(parameters, means);
    expect(tf.memory().numBytes).toBe(bytes);
    const before = await parameters.get("block.kernel")?.data();
    means.get("norm.scale:average")?.dispose();
    means.delete("norm.scale:average");
    expect(() => average.swap(parameters, means)).toThrow(
      "exponentialMovingAverage: there is no average of norm.scale.",
    );
    expect(await parameters.get("block.kernel")?.data()).toEqual(before);
  });
});

test("exponentialMovingAverage refuses a decay that is none", () => {
  expect(() => exponentialMovingAverage({ decay: 1 })).toThrow(
    "exponentialMovingAverage: decay must lie in [0, 1). Got 1.",
  );
});
