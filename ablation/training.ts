import { collateLabels, zeroRows } from "../src/data/index.ts";
import { padSequences, RandomStream } from "../src/index.ts";
import type { MultimodalTagger, TaggerInput } from "../src/models/index.ts";
import { AUDIO_SIZE, IMAGE_SIZE, LABELS } from "../src/planted/planted-world.ts";
import { piecewiseDecay, rmsProp, stepOf, type TrainStep, train } from "../src/training/index.ts";
import type { Row, Setting } from "./plan.ts";
import type { EncodedVideo } from "./planted-data.ts";

/**
 * Trains a model with the library's `train`, without an evaluation after each epoch: the last epoch counts, and nothing is
 * chosen on the validation videos. Models of one seed see the videos in the same order.
 *
 * @returns the mean loss of a video in the last epoch
 */
export async function trainModel(
  model: MultimodalTagger,
  row: Row,
  videos: readonly EncodedVideo[],
  setting: Setting,
  seed: number,
): Promise<number> {
  const { epochs, batchSize, learningRate, decayGamma: gamma, decayEpochs, weightDecay } = setting;
  const stepsPerEpoch = Math.ceil(videos.length / batchSize);
  const boundaries = decayEpochs.map((epoch) => epoch * stepsPerEpoch);
  let lastLoss = Number.NaN;
  for await (const event of train({
    step: stepOfRow(model, row, seed),
    data: videos,
    optimizer: rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => weightDecay }),
    schedule: piecewiseDecay({ learningRate, gamma, boundaries }),
    epochs,
    batchSize,
    seed,
  })) {
    if (event.kind === "epoch") lastLoss = event.loss;
  }
  return lastLoss;
}

/** The step of a model that sees what its row has. Its dropout has the streams with which the published figures were drawn. */
function stepOfRow(model: MultimodalTagger, row: Row, seed: number): TrainStep<EncodedVideo> {
  const step = stepOf(model, (videos: readonly EncodedVideo[], options) => {
    const classes = videos.map((video) => video.classes);
    const { logits } = model.forward(collate(videos, row), options);
    return model.loss(logits, collateLabels(classes, LABELS.length, "multi-hot"));
  });
  const random = new RandomStream(seed);
  return {
    ...step,
    gradients: (videos, { step: index }) =>
      step.gradients(videos, { step: index, random: random.fork(`dropout ${index}`) }),
  };
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
      videos.map(({ audio }) => (audio.rows > 0 ? audio : zeroRows(10, AUDIO_SIZE))),
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
  return { sequences: { ...(image && { image }), ...(audio && { audio }), ...(text && { text }) } };
}

/** Pieces of this size; the last one may be smaller. */
export function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
