import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { RandomStream, type SequenceBatch } from "multimodal-video-tag";
import { collateLabels, type VideoSample } from "multimodal-video-tag/data";
import type { TaggerInput, TokenBatch } from "multimodal-video-tag/models";
import { loadTagger } from "multimodal-video-tag/node";
import { openDataset } from "multimodal-video-tag/project";
import type { VideoTagger } from "multimodal-video-tag/tagging";
import { computeGradients } from "multimodal-video-tag/training";
import { type Prepared, serve } from "../harness/serve.ts";
import { BATCH, epochs, LEARNING_RATE, optimizer } from "./epochs.ts";
import { startBackend } from "./start-backend.ts";

let loaded: VideoTagger | undefined;

await serve(async (task) => {
  const versions = await startBackend(task);
  loaded ??= await loadTagger(String(task["tagger"]));
  const labels: string[] = JSON.parse(readFileSync(String(task["labels"]), "utf8"));
  const [list, features] = [String(task["list"]), String(task["features"])];
  const dataset = await openDataset({ list, features, labels });
  if (task["epoch"]) {
    const valid = await openDataset({ list: String(task["valid"]), features, labels });
    return { versions, run: epochs(loaded, { train: dataset, valid }) };
  }
  for await (const videos of dataset.batches(BATCH)) {
    const part = task["part"] as Part | undefined;
    return { versions, ...(part ? branchPart(loaded, videos, part) : step(loaded, videos)) };
  }
  return "its list has no videos.";
});

/** One step on one batch, whose titles are cached after the first. */
function step(tagger: VideoTagger, videos: readonly VideoSample[]): Prepared {
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

function sequenceOf({ sequences }: TaggerInput, modality: string): SequenceBatch | TokenBatch {
  const sequence = sequences[modality];
  if (sequence === undefined) throw new Error(`There is no ${modality}.`);
  return sequence;
}

function branchPart({ model, inputs }: VideoTagger, videos: readonly VideoSample[], part: Part): Prepared {
  const { modality, backward } = part;
  const random = new RandomStream(1);
  const options = { training: true, random } as const;
  const own = new Map([...model.trainableParameters()].filter(([path]) => path.startsWith(`towers.${modality}.`)));
  const guide = inputs.prepare(videos, { training: true }).then(({ input }) => ({
    input,
    text: tf.tidy(() => model.tower("text").forward(sequenceOf(input, "text")).pooled),
  }));
  return {
    async run() {
      const { input, text } = await guide;
      const forward = (): tf.Scalar =>
        tf.sum(
          model.tower(modality).forward(sequenceOf(input, modality), modality === "text" ? undefined : text, options)
            .pooled,
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
