import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { useBackend } from "../../src/node/backend.ts";
import { asymmetricLoss } from "../../src/ops/asymmetric-loss.ts";
import { focalLoss } from "../../src/ops/focal-loss.ts";
import { withLabelSmoothing } from "../../src/ops/label-smoothing.ts";
import { sigmoidCrossEntropy } from "../../src/ops/sigmoid-cross-entropy.ts";
import { softmaxCrossEntropy } from "../../src/ops/softmax-cross-entropy.ts";
import { lossOf } from "../../src/training/loss-config.ts";

beforeAll(() => useBackend("cpu"));

test.each([
  [{ kind: "sigmoid" }, sigmoidCrossEntropy],
  [{ kind: "softmax" }, softmaxCrossEntropy],
  [{ kind: "focal", gamma: 1, alpha: 0.3 }, focalLoss({ gamma: 1, alpha: 0.3 })],
  [{ kind: "asymmetric", shift: 0.1 }, asymmetricLoss({ shift: 0.1 })],
  [
    { kind: "softmax", labelSmoothing: 0.2 },
    withLabelSmoothing(softmaxCrossEntropy, { amount: 0.2, form: "distribution" }),
  ],
  [
    { kind: "focal", gamma: 1, labelSmoothing: 0.2 },
    withLabelSmoothing(focalLoss({ gamma: 1 }), { amount: 0.2, form: "multi-hot" }),
  ],
] as const)("%j is that loss", async (config, expected) => {
  const logits = tf.tensor2d([2, -1, 0.5, -3, 1, 0.25], [2, 3]);
  const labels = tf.tensor2d([1, 0, 0, 0, 0.5, 0.5], [2, 3]);
  // As another thread gets it.
  const loss = lossOf(structuredClone(config));
  expect(await loss(logits, labels).data()).toEqual(await expected(logits, labels).data());
});

test.each([
  [{}, "lossOf: kind must be sigmoid or softmax or focal or asymmetric. Got none."],
  [{ kind: "hinge" }, 'lossOf: kind must be sigmoid or softmax or focal or asymmetric. Got "hinge".'],
  [{ kind: "sigmoid", gamma: 2 }, 'lossOf: there is no option "gamma".'],
  [{ kind: "focal", gama: 2 }, 'there is no option "gama". Did you mean gamma?'],
])("%j is refused with a sentence", (config, sentence) => {
  expect(() => lossOf(config as never)).toThrow(sentence);
});
