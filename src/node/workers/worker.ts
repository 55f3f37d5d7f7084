/** A worker thread's own program: it computes what the thread that started it asks for. */
import { isMainThread, MessageChannel, parentPort } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { BackendFailedError } from "../../core/errors.ts";
import { RandomStream } from "../../core/random-stream.ts";
import { rebuildBackend } from "../../core/wasm-guard.ts";
import { decodeFeatureFile } from "../../data/decoded-features.ts";
import { registerKernels } from "../../kernels/index.ts";
import { MultimodalTagger } from "../../models/multimodal-tagger.ts";
import type { TextPreprocessing } from "../../tagging/tagger-inputs.ts";
import type { TitleEncodingStore } from "../../tagging/title-encodings.ts";
import { VideoTagger } from "../../tagging/video-tagger.ts";
import { readVocabularyFile } from "../../tagging/vocabulary-file.ts";
import type { Loss } from "../../training/index.ts";
import { changingOf, type TrainStep, trainableOf } from "../../training/train-step.ts";
import { videoStep } from "../../training/video-step.ts";
import { useBackend } from "../backend.ts";
import { CallChannel } from "./call-channel.ts";
import { readVariables, sharedValues, writeValues } from "./shared-values.ts";
import { importedDefault, makeStep } from "./step-module.ts";
import type { BackendSetup, EncodingTasks, LearningSetup, TaggerSetup, WorkerTasks } from "./worker-tasks.ts";

if (isMainThread || parentPort === null) throw new Error("worker.js is started by startWorkers or startStepWorkers.");

let tagger: VideoTagger | undefined;
let step: TrainStep<never> | undefined;
/** Makes what this thread holds, on a backend that was just started. */
let make: (() => Promise<void>) | undefined;
/** What it was given since of what training changes. */
let loaded: Float32Array | undefined;
/** What the tagger learns by. */
let learning: LearningSetup | undefined;
/** Whether the backend has failed: the next task finds another one, and what this thread holds made anew. */
let hasFailed = false;

async function start({ backend, kernels }: BackendSetup, making: () => Promise<void>): Promise<void> {
  await useBackend(backend);
  if (kernels !== undefined) registerKernels(kernels);
  make = making;
  await making();
}

async function makeTagger({ model: config, texts: described, parameters, ...parts }: TaggerSetup): Promise<void> {
  const { backend: _backend, kernels: _kernels, ...own } = parts;
  const texts: Record<string, TextPreprocessing> = {};
  const titleEncodingStores: Record<string, TitleEncodingStore> = {};
  for (const [name, { vocabulary, maxLength }] of Object.entries(described)) {
    texts[name] = { ...(await readVocabulary(vocabulary)), maxLength };
    titleEncodingStores[name] = {
      read: (title) => channel.call("readEncoding", name, title),
      write: (title, values) => channel.call("writeEncoding", name, title, values),
    };
  }
  const model = new MultimodalTagger(config, null);
  readVariables(model.parameters(), parameters);
  // What all threads share is not kept once more in each of them.
  tagger = new VideoTagger({ ...own, model, texts, titleEncodingStores, titleEncodingCapacity: 0 });
  await learnBy(learning);
}

async function learnBy(setup: LearningSetup | undefined): Promise<void> {
  learning = setup;
  const { loss, classWeights } = setup ?? {};
  const found = typeof loss === "string" ? await importLoss(loss) : loss;
  step = videoStep(held(tagger), { loss: found, classWeights });
}

/** Does a task with what this thread holds. One that the backend fails in fails; the next has a backend again. */
async function withModel<Result>(task: () => Result | Promise<Result>): Promise<Result> {
  try {
    if (hasFailed && make !== undefined) {
      tf.dispose([...(step?.parameters().values() ?? [])]);
      await rebuildBackend();
      await make();
      if (loaded !== undefined) readVariables(changingOf(held(step)), loaded);
      hasFailed = false;
    }
    return await task();
  } catch (error) {
    hasFailed ||= error instanceof BackendFailedError;
    throw error;
  }
}

function held<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error("The worker holds no model.");
  return thing;
}

const channel: CallChannel<WorkerTasks, EncodingTasks> = new CallChannel(parentPort, {
  startTagger: (setup) => start(setup, () => makeTagger(setup)),
  startStep: (setup) =>
    start(setup, async () => {
      step = await makeStep(setup);
    }),
  learnBy: (setup) => withModel(() => learnBy(setup)),
  load: (parameters) => {
    loaded = parameters;
    return withModel(() => readVariables(changingOf(held(step)), parameters));
  },
  tag: (videos, options) => withModel(() => held(tagger).tag(videos, options)),
  measure: (videos) => withModel(() => held(tagger).measure(videos)),
  gradients: ({ examples, random, parameters, gradients: memory, ...options }) =>
    withModel(async () => {
      const own = held(step);
      const trainable = trainableOf(own);
      readVariables(changingOf(own), parameters);
      const stream = new RandomStream(random);
      const { gradients, ...result } = await own.gradients(examples as readonly never[], {
        ...options,
        random: stream,
      });
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
    try {
      return decodeFeatureFile(bytes, { ...options, allocate: sharedValues });
    } finally {
      letGo(bytes);
    }
  },
});

/** Frees the memory of bytes at once: a thread that waits for its next task collects no garbage meanwhile. */
function letGo({ buffer }: Uint8Array): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  if (buffer instanceof ArrayBuffer) port1.postMessage(undefined, [buffer]);
  port1.close();
}

async function importLoss(address: string): Promise<Loss> {
  const found = await importedDefault(address);
  if (typeof found !== "function") throw new TypeError(`${address}: expected a loss as its default export.`);
  return found as Loss;
}

function readVocabulary(text: string): ReturnType<typeof readVocabularyFile> {
  return readVocabularyFile(new TextEncoder().encode(text), "vocabulary");
}
