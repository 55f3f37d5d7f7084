import * as tf from "@tensorflow/tfjs-core";
import {
  collateLabels,
  computeGradients,
  padSequences,
  piecewiseDecay,
  type RandomStream,
  rmsProp,
  type TaggerInput,
  withSilence,
} from "../src/index.ts";
import { AUDIO_SIZE, IMAGE_SIZE, LABELS } from "../src/planted/planted-world.ts";
import type { AblationModel } from "./models.ts";
import type { Row, Setting } from "./plan.ts";
import type { EncodedVideo } from "./planted-data.ts";

/**
 * Trains a model as the library's `train` does, without its evaluation after each epoch: the last epoch counts, and
 * nothing is chosen on the validation videos. Models of one seed see the videos in the same order.
 *
 * @returns the mean loss of a video in the last epoch
 */
export async function trainModel(
  model: AblationModel,
  row: Row,
  videos: readonly EncodedVideo[],
  setting: Setting,
  random: RandomStream,
): Promise<number> {
  const parameters = model.trainableParameters();
  const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => setting.weightDecay });
  const state = optimizer.init(parameters);
  const stepsPerEpoch = Math.ceil(videos.length / setting.batchSize);
  const schedule = piecewiseDecay({
    learningRate: setting.learningRate,
    gamma: setting.decayGamma,
    boundaries: setting.decayEpochs.map((epoch) => epoch * stepsPerEpoch),
  });
  let step = 0;
  let lastLoss = Number.NaN;
  for (let epoch = 0; epoch < setting.epochs; epoch++) {
    let sum = 0;
    const order = random.fork(`shuffle ${epoch}`).shuffle([...videos]);
    for (const batch of batchesOf(order, setting.batchSize)) {
      const input = collate(batch, row);
      const labels = collateLabels(
        batch.map(({ classes }) => classes),
        LABELS.length,
        "multi-hot",
      );
      const dropout = random.fork(`dropout ${step}`);
      const { loss, gradients } = computeGradients(
        () => model.loss(model.forward(input, { training: true, random: dropout }).logits, labels),
        parameters,
      );
      optimizer.update(parameters, gradients, state, schedule(step++));
      sum += (await loss.data())[0] as number;
      tf.dispose([input, labels, loss, ...gradients.values()]);
    }
    lastLoss = sum / videos.length;
  }
  tf.dispose([...state.values()]);
  if (!Number.isFinite(lastLoss)) throw new Error(`The loss of the last epoch is ${lastLoss}.`);
  return lastLoss;
}

/** The modalities that a row has, as tensors owned by the caller. */
export function collate(videos: readonly EncodedVideo[], row: Row): TaggerInput {
  const part = <Values>(wanted: unknown, values: () => Values): Values | undefined => (wanted ? values() : undefined);
  const image = part(row.image, () =>
    padSequences(
      videos.map((video) => video.image),
      IMAGE_SIZE,
    ),
  );
  const audio = part(row.audio, () =>
    padSequences(
      videos.map((video) => withSilence(video.audio, AUDIO_SIZE)),
      AUDIO_SIZE,
    ),
  );
  const size = videos[0]?.encodedTitle.size as number;
  const text = part(row.title, () =>
    padSequences(
      videos.map((video) => video.encodedTitle),
      size,
    ),
  );
  return { ...(image && { image }), ...(audio && { audio }), ...(text && { text }) };
}

/** Pieces of this size; the last one may be smaller. */
export function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
