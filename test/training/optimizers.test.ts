import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { adamW } from "../../src/training/adam-w.ts";
import type { Optimizer, OptimizerState, ParameterRates } from "../../src/training/optimizer.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { sgd } from "../../src/training/sgd.ts";
import { describeOnBackends } from "../support/backends.ts";
import { type GoldenTensor, type GoldenTensors, readPyTorchGolden, toTensor } from "../support/pytorch-golden.ts";
import { expectNoLeak, expectTensorClose, largest } from "../support/tensors.ts";

interface GoldenRun {
  readonly weightDecay: Readonly<Record<string, number>>;
  readonly learningRateScale: Readonly<Record<string, number>>;
  /** After every step. */
  readonly parameters: readonly GoldenTensors[];
}

const golden = readPyTorchGolden<{
  readonly initial: GoldenTensors;
  readonly learningRates: readonly number[];
  readonly gradients: readonly GoldenTensors[];
  readonly runs: Readonly<Record<string, GoldenRun>>;
}>("optimizers.json");

/** The optimizers of the golden runs. */
const OPTIMIZERS: Readonly<Record<string, (rates: ParameterRates) => Optimizer>> = {
  adamW: (rates) => adamW(rates),
  adamWOtherBetas: (rates) => adamW({ beta1: 0.7, beta2: 0.95, epsilon: 1e-2, ...rates }),
  sgd: (rates) => sgd(rates),
  sgdMomentum: (rates) => sgd({ momentum: 0.9, ...rates }),
  sgdNesterov: (rates) => sgd({ momentum: 0.8, nesterov: true, ...rates }),
  rmsProp: (rates) => rmsProp({ rho: 0.95, epsilon: 0, ...rates }),
  rmsPropUndecayed: (rates) => rmsProp({ rho: 0.6, epsilon: 0, ...rates }),
};

const variables = (tensors: GoldenTensors): Map<string, tf.Variable> =>
  new Map(Object.entries(tensors).map(([path, tensor]) => [path, tf.variable(toTensor(tensor))]));

const optimizerOfRun = (name: string): Optimizer => {
  const { weightDecay, learningRateScale } = golden.runs[name] as GoldenRun;
  return (OPTIMIZERS[name] as (rates: ParameterRates) => Optimizer)({
    weightDecay: (path) => weightDecay[path] as number,
    learningRateScale: (path) => learningRateScale[path] as number,
  });
};

function step(optimizer: Optimizer, parameters: Map<string, tf.Variable>, state: OptimizerState, index: number): void {
  const gradients = new Map(
    Object.entries(golden.gradients[index] as GoldenTensors).map(([path, each]) => [path, toTensor(each)]),
  );
  optimizer.update(parameters, gradients, state, golden.learningRates[index] as number);
  tf.dispose([...gradients.values()]);
}

/** Every tensor as a new variable, by way of plain numbers: what a saved and loaded run has. */
async function reloaded(tensors: ReadonlyMap<string, tf.Variable>): Promise<Map<string, tf.Variable>> {
  const result = new Map<string, tf.Variable>();
  for (const [path, variable] of tensors) {
    const data = (await variable.data()).slice() as Float32Array;
    result.set(path, tf.variable(tf.tensor(data, variable.shape)));
  }
  return result;
}

test("every golden run has its optimizer", () => {
  expect(Object.keys(OPTIMIZERS).sort()).toEqual(Object.keys(golden.runs).sort());
});

describeOnBackends("Optimizers", () => {
  for (const [name, { parameters: expected }] of Object.entries(golden.runs)) {
    test(`${name}: every parameter is PyTorch's after every step`, async () => {
      const optimizer = optimizerOfRun(name);
      const parameters = variables(golden.initial);
      const state = optimizer.init(parameters);
      for (const [index, after] of expected.entries()) {
        step(optimizer, parameters, state, index);
        expect([...parameters.keys()]).toEqual(Object.keys(after));
        for (const [path, tensor] of Object.entries(after)) {
          const tolerance = 2e-6 * Math.max(1, largest((golden.initial[path] as GoldenTensor).data));
          await expectTensorClose(parameters.get(path) as tf.Tensor, tensor, tolerance, `${path} after step ${index}`);
        }
      }
    });

    test(`${name}: goes on bit for bit from a saved state, and leaves no tensor behind`, async () => {
      const optimizer = optimizerOfRun(name);
      const parameters = variables(golden.initial);
      const state = optimizer.init(parameters);
      for (let index = 0; index < 4; index++) step(optimizer, parameters, state, index);
      const [laterParameters, laterState] = [await reloaded(parameters), await reloaded(state)];
      for (let index = 4; index < 12; index++) {
        step(optimizer, parameters, state, index);
        step(optimizer, laterParameters, laterState, index);
      }
      for (const [path, variable] of [...parameters, ...state]) {
        const later = laterParameters.get(path) ?? laterState.get(path);
        expect(await later?.data(), path).toEqual(await variable.data());
      }
      await expectNoLeak(() => step(optimizer, parameters, state, 0));
      await expectNoLeak(() => tf.dispose([...optimizer.init(parameters).values()]));
    });
  }

  test("each names what it remembers by the parameter's path", () => {
    const parameters = new Map([["head.bias", tf.variable(tf.tensor1d([1, 2]))]]);
    const rates = { weightDecay: () => 0 };
    const shapesOf = (optimizer: Optimizer) =>
      Object.fromEntries([...optimizer.init(parameters)].map(([path, { shape }]) => [path, shape]));
    expect(shapesOf(adamW(rates))).toEqual({
      "head.bias:mean": [2],
      "head.bias:meanSquare": [2],
      "head.bias:meanOfOnes": [],
      "head.bias:meanSquareOfOnes": [],
    });
    expect(shapesOf(sgd({ momentum: 0.9, ...rates }))).toEqual({ "head.bias:velocity": [2] });
    expect(shapesOf(sgd(rates))).toEqual({});
    expect(shapesOf(rmsProp({ rho: 0.9, epsilon: 1e-6, ...rates }))).toEqual({
      "head.bias:meanSquare": [2],
      "head.bias:mean": [2],
    });
  });

  test("AdamW stays where there was never a gradient but 0", async () => {
    const parameters = new Map([["a", tf.variable(tf.tensor1d([0.5, -2]))]]);
    const optimizer = adamW({ weightDecay: () => 0 });
    const state = optimizer.init(parameters);
    optimizer.update(parameters, new Map([["a", tf.zeros([2])]]), state, 0.1);
    expect(await parameters.get("a")?.array()).toEqual([0.5, -2]);
  });
});

test("SGD refuses nesterov without momentum", () => {
  expect(() => sgd({ nesterov: true, weightDecay: () => 0 })).toThrow("SGD: nesterov needs a momentum above 0. Got 0.");
});
