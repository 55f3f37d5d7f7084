import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import {
  collateLabels,
  computeGradients,
  type Optimizer,
  RandomStream,
  rmsProp,
  train,
  type VideoSample,
  type VideoTagger,
} from "multimodal-video-tag";
import { loadTagger, openDataset } from "multimodal-video-tag/node";
import { type Prepared, serve } from "../harness/serve.ts";
import { startBackend } from "./start-backend.ts";

const BATCH = 16;
const LEARNING_RATE = 7e-4;
let loaded: VideoTagger | undefined;

await serve(async (task) => {
  const versions = await startBackend(task);
  loaded ??= await loadTagger(String(task["tagger"]));
  const labels: string[] = JSON.parse(readFileSync(String(task["labels"]), "utf8"));
  const [list, features] = [String(task["list"]), String(task["features"])];
  const dataset = await openDataset({ list, features, labels });
  const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 8e-4 });
  if (task["epoch"]) {
    const valid = await openDataset({ list: String(task["valid"]), features, labels });
    return { versions, ...epochs(loaded, { train: dataset, valid, optimizer }) };
  }
  for await (const videos of dataset.batches(BATCH, loaded.featureSizes)) {
    const part = task["part"] as Part | undefined;
    return { versions, ...(part ? branchPart(loaded, videos, part) : step(loaded, videos, optimizer)) };
  }
  return "its list has no videos.";
});

/** Epochs of `train`, one a run. The first has filled the cache of titles. */
function epochs(
  tagger: VideoTagger,
  data: Pick<Parameters<typeof train>[0], "train" | "valid" | "optimizer">,
): Prepared {
  const training = train({
    ...{ ...data, tagger, epochs: 1000, batchSize: BATCH, validBatchSize: BATCH, topN: [1], earlyStop: 1000, seed: 1 },
    schedule: () => LEARNING_RATE,
  });
  return {
    async run() {
      for (;;) {
        const { value, done } = await training.next();
        if (done || value.kind === "epoch") return;
      }
    },
    dispose: () => void training.return(undefined),
  };
}

/** One step on one batch, whose titles are cached after the first. */
function step(tagger: VideoTagger, videos: readonly VideoSample[], optimizer: Optimizer): Prepared {
  const { model, inputs } = tagger;
  const random = new RandomStream(1);
  const parameters = model.trainableParameters();
  const state = optimizer.init(parameters);
  return {
    async run() {
      const { input } = await inputs.prepare(videos, { training: true });
      const truth = collateLabels(
        videos.map(({ classes }) => classes),
        tagger.labels.length,
        tagger.labelForm,
      );
      const { loss, gradients } = computeGradients(
        () => model.loss(model.forward(input, { training: true, random }).logits, truth),
        parameters,
      );
      optimizer.update(parameters, gradients, state, LEARNING_RATE);
      await loss.data();
      await [...parameters.values()].at(-1)?.data();
      tf.dispose([input, truth, loss, ...gradients.values()]);
    },
    dispose: () => tf.dispose([...state.values()]),
  };
}

/** A branch, forward or forward and backward. */
type Part = { readonly modality: "image" | "audio" | "text"; readonly backward: boolean };

function branchPart({ model, inputs }: VideoTagger, videos: readonly VideoSample[], part: Part): Prepared {
  const { modality, backward } = part;
  const random = new RandomStream(1);
  const options = { training: true, random } as const;
  const own = new Map([...model.trainableParameters()].filter(([path]) => path.startsWith(`${modality}.`)));
  const guide = inputs.prepare(videos, { training: true }).then(({ input }) => ({
    input,
    text: tf.tidy(() => model.text?.forward(input.text as never)) as tf.Tensor2D,
  }));
  return {
    async run() {
      const { input, text } = await guide;
      const forward = (): tf.Scalar =>
        tf.sum(
          modality === "text"
            ? (model.text?.forward(input.text as never, options) as tf.Tensor)
            : (model[modality]?.forward(input[modality] as never, text, options).pooled as tf.Tensor),
        );
      if (!backward) {
        const sum = tf.tidy(forward);
        await sum.data();
        sum.dispose();
        return;
      }
      const { loss, gradients } = computeGradients(forward, own);
      await Promise.all([...gradients.values()].map((gradient) => gradient.data()));
      tf.dispose([loss, ...gradients.values()]);
    },
    dispose: () => void guide.then((kept) => tf.dispose(kept)),
  };
}
