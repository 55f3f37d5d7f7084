import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { Dropout } from "../../src/layers/dropout.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectNoLeak } from "../support/tensors.ts";

const RATE = 0.3;

describeOnBackends("Dropout", () => {
  const ones = () => tf.ones([1000, 10]);
  const kept = async (layer: Dropout, seed: number): Promise<number[]> => [
    ...(await layer.forward(ones(), { training: true, random: new RandomStream(seed) }).data()),
  ];

  test.each([
    ["training", 1 / (1 - RATE), 1],
    ["inference", 1, 1 - RATE],
  ] as const)(
    "with scaling %s keeps values times %d in training and gives them times %d at inference",
    async (scaling, trained, inferred) => {
      const layer = new Dropout({ rate: RATE, scaling });
      const values = await kept(layer, 1);
      const dropped = values.filter((value) => value === 0).length;
      expect(dropped / values.length).toBeGreaterThan(RATE - 0.02);
      expect(dropped / values.length).toBeLessThan(RATE + 0.02);
      expectClose(
        values.filter((value) => value !== 0),
        new Array(values.length - dropped).fill(trained),
        1e-6,
      );
      expectClose(await layer.forward(ones()).data(), new Array(values.length).fill(inferred), 1e-6);
    },
  );

  test("drops the same values for the same stream, and others for another", async () => {
    const layer = new Dropout({ rate: RATE });
    expect(await kept(layer, 2)).toEqual(await kept(layer, 2));
    expect(await kept(layer, 2)).not.toEqual(await kept(layer, 3));
  });

  test("passes the gradient of kept values only", async () => {
    const layer = new Dropout({ rate: RATE });
    const options = () => ({ training: true, random: new RandomStream(4) }) as const;
    const gradient = tf.grad((x) => layer.forward(x, options()))(ones());
    expectClose(await gradient.data(), await layer.forward(ones(), options()).data(), 0, "gradient");
  });

  test("leaves no tensor behind", async () => {
    const x = ones();
    for (const layer of [new Dropout({ rate: 0 }), new Dropout({ rate: RATE, scaling: "inference" })]) {
      await expectNoLeak(() => layer.forward(x).dispose());
      await expectNoLeak(() => layer.forward(x, { training: true, random: new RandomStream(5) }).dispose());
    }
  });
});

test("Dropout refuses a rate that drops all", () => {
  expect(() => new Dropout({ rate: 1 })).toThrow("Dropout: rate must lie in [0, 1). Got 1.");
});
