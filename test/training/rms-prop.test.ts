import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectNoLeak } from "../support/tensors.ts";

describeOnBackends("rmsProp", () => {
  test("follows its formula for several steps, with decay where it is asked for", async () => {
    const [rho, epsilon, rate] = [0.9, 1e-6, 0.05];
    const optimizer = rmsProp({ rho, epsilon, weightDecay: (path) => (path === "b" ? 0 : 0.1) });
    const parameters = new Map(["a", "b"].map((path) => [path, tf.variable(tf.tensor1d([1, -2, 3e-5]))]));
    const state = optimizer.init(parameters);
    const plain = { a: [1, -2, 3e-5], b: [1, -2, 3e-5] };
    const moments = { a: [0, 1, 2].map(() => [0, 0]), b: [0, 1, 2].map(() => [0, 0]) };
    for (const gradient of [
      [0.5, -1e-4, 0],
      [2, 1e-4, 1e-7],
      [-1, 0.3, 5],
    ]) {
      const gradients = new Map(["a", "b"].map((path) => [path, tf.tensor1d(gradient)]));
      optimizer.update(parameters, gradients, state, rate);
      for (const path of ["a", "b"] as const) {
        for (const index of [0, 1, 2]) {
          const g = (gradient[index] as number) + (path === "b" ? 0 : 0.1) * (plain[path][index] as number);
          const moment = moments[path][index] as number[];
          moment[0] = rho * (moment[0] as number) + (1 - rho) * g * g;
          moment[1] = rho * (moment[1] as number) + (1 - rho) * g;
          (plain[path][index] as number) -= (rate * g) / Math.sqrt(moment[0] - moment[1] ** 2 + epsilon);
        }
        expectClose((await parameters.get(path)?.data()) ?? [], plain[path], 2e-6, path);
      }
    }
  });

  test("leaves a parameter without a gradient alone, and no tensor behind", async () => {
    const optimizer = rmsProp({ rho: 0.9, epsilon: 1e-6, weightDecay: () => 0.1 });
    const parameters = new Map(["a", "b"].map((path) => [path, tf.variable(tf.tensor1d([1]))]));
    const state = optimizer.init(parameters);
    expect([...state.keys()]).toEqual(["a:meanSquare", "a:mean", "b:meanSquare", "b:mean"]);
    const gradients = new Map([["a", tf.tensor1d([1])]]);
    await expectNoLeak(() => optimizer.update(parameters, gradients, state, 0.1));
    expect(await parameters.get("b")?.array()).toEqual([1]);
    expect(() => optimizer.update(parameters, new Map([["c", tf.tensor1d([1])]]), state, 0.1)).toThrow(
      "RMSProp: there is a gradient but no parameter for c.",
    );
    state.delete("a:mean");
    expect(() => optimizer.update(parameters, gradients, state, 0.1)).toThrow(
      "RMSProp: there is a gradient but no state for a:mean.",
    );
  });
});
