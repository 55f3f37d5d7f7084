/** A worker thread's own program: it computes what the thread that started it asks for. */
import { isMainThread, parentPort } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { BackendFailedError } from "../../core/errors.ts";
import { RandomStream } from "../../core/random-stream.ts";
import { readFeatureFile } from "../../formats/pickle/feature-file.ts";
import { registerKernels } from "../../kernels/index.ts";
import { MultimodalTagger } from "../../models/multimodal-tagger.ts";
import { lossOf } from "../../paddle/training-recipe.ts";
import { VideoTagger } from "../../tagging/video-tagger.ts";
import { readVocabularyFile } from "../../tagging/vocabulary-file.ts";
import { batchGradients } from "../../training/batch-gradients.ts";
import type { Loss } from "../../training/index.ts";
import { rebuildBackend, useBackend } from "../backend.ts";
import { CallChannel } from "./call-channel.ts";
import { share } from "./shared-title-encodings.ts";
import { readVariables, writeValues } from "./shared-values.ts";
import type { EncodingTasks, TaggerSetup, WorkerTasks } from "./worker-tasks.ts";

if (isMainThread || parentPort === null) throw new Error("worker.js is started by startWorkers.");

let tagger: VideoTagger | undefined;
let loss: Loss | undefined;
/** What the tagger was made of, and the trainable parameters that it was given since. */
let setup: TaggerSetup | undefined;
let loaded: Float32Array | undefined;
/** Whether the backend has failed: the next task finds another one, and the tagger made anew. */
let hasFailed = false;

function started(): VideoTagger {
  if (tagger === undefined) throw new Error("The worker has no tagger.");
  return tagger;
}

async function start(given: TaggerSetup): Promise<void> {
  const { backend, kernels, model: config, text, parameters, loss: wanted, ...parts } = given;
  await useBackend(backend);
  if (kernels !== undefined) registerKernels(kernels);
  loss = typeof wanted === "string" ? await importLoss(wanted) : wanted && lossOf(wanted);
  const preprocessing = text && { ...(await readVocabulary(text.vocabulary)), maxLength: text.maxLength };
  const model = new MultimodalTagger(config, null);
  readVariables(model.parameters(), parameters);
  if (loaded !== undefined) readVariables(model.trainableParameters(), loaded);
  const titleEncodingStore = {
    read: (title: Int32Array) => channel.call("readEncoding", title),
    write: (title: Int32Array, values: Float32Array) => channel.call("writeEncoding", title, values),
  };
  // What all threads share is not kept once more in each of them.
  tagger = new VideoTagger({ ...parts, model, text: preprocessing, titleEncodingStore, titleEncodingCapacity: 0 });
  setup = given;
}

/** Does a task with the tagger. One that the backend fails in fails; the next has a backend again. */
async function withTagger<Result>(task: (tagger: VideoTagger) => Result | Promise<Result>): Promise<Result> {
  try {
    if (hasFailed && setup !== undefined) {
      tagger?.dispose();
      await rebuildBackend();
      await start(setup);
      hasFailed = false;
    }
    return await task(started());
  } catch (error) {
    hasFailed ||= error instanceof BackendFailedError;
    throw error;
  }
}

const channel: CallChannel<WorkerTasks, EncodingTasks> = new CallChannel(parentPort, {
  start,
  load: (parameters) => {
    loaded = parameters;
    return withTagger(({ model }) => readVariables(model.trainableParameters(), parameters));
  },
  tag: (videos, options) => withTagger((tagger) => tagger.tag(videos, options)),
  measure: (videos) => withTagger((tagger) => tagger.measure(videos)),
  gradients: ({ batch, dropout, parameters, gradients: memory }) =>
    withTagger(async (tagger) => {
      const trainable = tagger.model.trainableParameters();
      readVariables(trainable, parameters);
      const { gradients, ...result } = await batchGradients(tagger, batch, new RandomStream(dropout), loss);
      try {
        await writeValues(trainable, gradients, memory);
        return { ...result, paths: [...gradients.keys()] };
      } finally {
        tf.dispose([...gradients.values()]);
      }
    }),
  add([sum = new Float32Array(0), ...others], begin, end) {
    for (const values of others) {
      for (let index = begin; index < end; index++) sum[index] = (sum[index] as number) + (values[index] as number);
    }
  },
  decode(bytes, options) {
    const { video, image, audio } = readFeatureFile(bytes, options);
    return { video, image: { ...image, data: share(image.data) }, audio: { ...audio, data: share(audio.data) } };
  },
});

async function importLoss(address: string): Promise<Loss> {
  const { default: found } = (await import(address)) as { readonly default?: unknown };
  if (typeof found !== "function") throw new TypeError(`${address}: expected a loss as its default export.`);
  return found as Loss;
}

function readVocabulary(text: string): ReturnType<typeof readVocabularyFile> {
  return readVocabularyFile(new TextEncoder().encode(text), "vocabulary");
}
