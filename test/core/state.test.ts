import type * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { constant } from "../../src/core/initializers.ts";
import { Module } from "../../src/core/module.ts";
import { RandomStream } from "../../src/core/random-stream.ts";
import { loadState, type ParameterValues, readState } from "../../src/core/state.ts";
import { Linear } from "../../src/layers/linear.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectNoLeak } from "../support/tensors.ts";

class Pair extends Module {
  readonly layers: readonly Linear[];
  readonly again: Linear;
  readonly offset = constant(1, 0);
  readonly #hidden: tf.Variable = constant(1, 0);
  readonly sizes = [1, 2];

  constructor(random: RandomStream) {
    super();
    this.layers = [
      new Linear({ inputSize: 2, outputSize: 3 }, random),
      new Linear({ inputSize: 3, outputSize: 1, bias: false }, random),
    ];
    this.again = this.layers[1] as Linear;
  }

  override dispose(): void {
    super.dispose();
    this.#hidden.dispose();
  }
}

const create = (seed = 1) => new Pair(new RandomStream(seed));

describeOnBackends("Module", () => {
  test("names parameters by the path of their fields, each once", () => {
    const pair = create();
    expect([...pair.parameters().keys()].sort()).toEqual([
      "layers.0.bias",
      "layers.0.kernel",
      "layers.1.kernel",
      "offset",
    ]);
  });

  test("gives its state and takes it back, on a module of its own", async () => {
    const [from, to] = [create(1), create(2)];
    const state = await readState(from);
    loadState(to, state);
    expect(await readState(to)).toEqual(state);
    await expectNoLeak(() => loadState(to, state));
  });

  test.each<[string, (state: Map<string, ParameterValues>) => void, string]>([
    ["missing", (state) => state.delete("layers.0.bias"), "Parameter layers.0.bias [3] is missing: 3 were given."],
    [
      "unknown",
      (state) => state.set("layers.2.kernel", { shape: [1], data: new Float32Array(1) }),
      "Parameter layers.2.kernel [1] is unknown: this module has no such one.",
    ],
    [
      "of another shape",
      (state) => state.set("layers.0.kernel", { shape: [3, 2], data: new Float32Array(6) }),
      "Parameter layers.0.kernel must have shape [2, 3]. Got [3, 2].",
    ],
    [
      "of too few values",
      (state) => state.set("layers.0.kernel", { shape: [2, 3], data: new Float32Array(5) }),
      "Parameter layers.0.kernel must have shape [2, 3]. Got [2, 3] with 5 values.",
    ],
  ])("refuses a state with a parameter that is %s, and stays as it was", async (_, change, message) => {
    const pair = create();
    const before = await readState(pair);
    const state = await readState(create(2));
    change(state);
    expect(() => loadState(pair, state)).toThrow(message);
    expect(await readState(pair)).toEqual(before);
  });
});
