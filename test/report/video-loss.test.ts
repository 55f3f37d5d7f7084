import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { collateLabels } from "../../src/data/collate.ts";
import { useBackend } from "../../src/node/backend.ts";
import { sigmoidCrossEntropy } from "../../src/ops/sigmoid-cross-entropy.ts";
import { softmaxCrossEntropy } from "../../src/ops/softmax-cross-entropy.ts";
import { videoLoss } from "../../src/report/video-loss.ts";

const CLASSES = [[0, 4], [2], [1, 3, 6]];
const logits = CLASSES.map(() => Float32Array.from({ length: 7 }, () => 0));
beforeAll(async () => {
  await useBackend("cpu");
  const random = new RandomStream(3);
  for (const row of logits) for (const index of row.keys()) row[index] = 1.5 * random.nextNormal();
});

test.each(["sigmoid", "softmax"] as const)("the loss of %s is what training sums", async (head) => {
  for (const [row, classes] of CLASSES.entries()) {
    const values = logits[row] as Float32Array;
    const [scores, loss] = tf.tidy(() => {
      const x = tf.tensor2d(values, [1, 7]);
      const labels = collateLabels([classes], 7, head === "sigmoid" ? "multi-hot" : "distribution");
      return head === "sigmoid"
        ? [tf.sigmoid(x).dataSync(), sigmoidCrossEntropy(x, labels).dataSync()[0]]
        : [tf.softmax(x).dataSync(), softmaxCrossEntropy(x, labels).dataSync()[0]];
    });
    expect(Math.abs(videoLoss(scores, classes, head) - (loss as number))).toBeLessThan(1e-5);
  }
});

test("a label that is wrong with certainty costs what float32 can tell apart, not infinity", () => {
  expect(videoLoss([0, 1], [0])).toBeCloseTo(2 * 24 * Math.log(2), 10);
  expect(videoLoss([1, 0], [0])).toBe(0);
  expect(videoLoss([0.5, 0.25], [])).toBeCloseTo(-Math.log(0.5) - Math.log(0.75), 12);
  expect(videoLoss([0.5, 0.5], [], "softmax")).toBe(0);
});
