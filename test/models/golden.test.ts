import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { describeOnBackends } from "../support/backends.ts";
import { expectGoldenForward, expectGoldenTraining } from "../support/golden-comparison.ts";
import { computeForward, computeTraining } from "../support/golden-computation.ts";
import { GOLDEN_MODELS, readGoldenModel } from "../support/golden-models.ts";

describeOnBackends("The golden models", (backend, hasKernels) => {
  describe.each(GOLDEN_MODELS)("%s", (name) => {
    test("give every intermediate value, the loss and the probabilities", async () => {
      const golden = readGoldenModel(name);
      const before = tf.memory().numTensors;
      expectGoldenForward(golden, await computeForward(golden), { passedOver: hasKernels && backend === "wasm" });
      expect(tf.memory().numTensors).toBe(before);
    });

    test("give every gradient, and every parameter after the training steps", async () => {
      const golden = readGoldenModel(name, 0);
      const before = tf.memory().numTensors;
      expectGoldenTraining(golden, await computeTraining(golden));
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
