import * as tf from "@tensorflow/tfjs-core";
import { RandomStream } from "multimodal-video-tag";
import { Linear } from "multimodal-video-tag/layers";
import { computeGradients, sigmoidCrossEntropy } from "multimodal-video-tag/training";
import { serve } from "../harness/serve.ts";
import { startBackend } from "./start-backend.ts";

const BATCH = 16;
/** Image, audio and title side by side, at the published sizes. */
const FEATURES = 2 * 512 + 2 * 128 + 3 * 256;

await serve(async (task) => {
  const versions = await startBackend(task);
  const random = new RandomStream(1);
  const labels = Number(task["labels"]);
  const head = new Linear({ inputSize: FEATURES, outputSize: labels }, random);
  const values = Float32Array.from({ length: BATCH * FEATURES }, () => random.nextNormal());
  const features = tf.tensor2d(values, [BATCH, FEATURES]);
  const truth = tf.zeros<tf.Rank.R2>([BATCH, labels]);
  const parameters = head.parameters();
  return {
    versions,
    async run() {
      const { loss, gradients } = computeGradients(
        () => sigmoidCrossEntropy(head.forward(features) as tf.Tensor2D, truth),
        parameters,
      );
      await loss.data();
      tf.dispose([loss, ...gradients.values()]);
    },
    dispose() {
      head.dispose();
      tf.dispose([features, truth]);
    },
  };
});
