import { expectOptions } from "../../core/options.ts";
import type { RandomStream } from "../../core/random-stream.ts";
import type { FeatureDecoder, VideoDataset } from "../../data/video-dataset.ts";
import { MOST_WORKERS } from "../../formats/run-manifest.ts";
import { registeredKernels } from "../../kernels/index.ts";
import type { LossSettings } from "../../paddle/training-recipe.ts";
import {
  type BatchOptions,
  type BatchTagger,
  type LabelledVideo,
  type MeasuredBatch,
  type TaggedDatasetVideo,
  tagAll,
} from "../../tagging/batch-tagger.ts";
import type { MemoryLimit } from "../../tagging/memory-budget.ts";
import type { TaggedVideo, TagOptions, Threshold } from "../../tagging/tagged-video.ts";
import type { TextPreprocessing, VideoFeatures } from "../../tagging/tagger-inputs.ts";
import type { VideoTagger } from "../../tagging/video-tagger.ts";
import { isOfVocabularyFile } from "../../tagging/vocabulary-file.ts";
import type { TaggerGradients, TrainingWorkers } from "../../training/batch-gradients.ts";
import { dealBatch } from "../../training/deal-batch.ts";
import type { TrainingBatch } from "../../training/training-batch.ts";
import { backendInUse } from "../backend.ts";
import { SharedTitleEncodings } from "./shared-title-encodings.ts";
import { readTensors, shareMemory, writeValues } from "./shared-values.ts";
import { WorkerThread } from "./worker-thread.ts";

export interface StartWorkersOptions {
  /** How many threads compute: as many as there are cores, at most. Each needs memory for the model. */
  readonly workers: number;
  /**
   * What to train with: as a configuration says it, or the address of a module whose default export is the loss, because
   * a function cannot travel to another thread. It must be a sum over the videos. Default: what the model's head asks for.
   */
  readonly loss?: LossSettings | URL;
}

/**
 * Starts threads that each hold a copy of a tagger, on the backend and kernels that this thread uses, and one that reads feature
 * files. `close` ends them; until then the process goes on.
 *
 * The tagger stays this thread's own. For predictions it may be disposed of once this has returned.
 *
 * @throws BackendError when a thread cannot use the backend; TypeError when its tokenizer is not an ErnieTokenizer of its
 *   vocabulary, or its title encoder not the model's, which threads can make for themselves
 */
export async function startWorkers(tagger: VideoTagger, options: StartWorkersOptions): Promise<TaggerWorkers> {
  expectOptions("startWorkers", options, { needed: { workers: "number" }, optional: { loss: "object" } });
  const { workers, loss } = options;
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS)) {
    throw new RangeError(`startWorkers: workers must be a whole number from 1 to ${MOST_WORKERS}. Got ${workers}.`);
  }
  const { threshold, calibration, text, titleEncoder, titleEncodingStore } = tagger.config;
  const { budget: memoryBudget } = tagger.memoryLimit("prediction");
  if (titleEncoder !== undefined) {
    throw new TypeError(
      "startWorkers: threads encode titles with the model's own encoder. The tagger has another one.",
    );
  }
  tagger.model.expectParameters();
  const all = tagger.model.parameters();
  const parameters = shareMemory(all);
  await writeValues(all, all, parameters);
  const setup = {
    backend: backendInUse().name,
    kernels: registeredKernels(),
    model: tagger.model.config,
    labels: tagger.labels,
    threshold,
    calibration,
    text: text && travelling(text),
    memoryBudget: Math.ceil(memoryBudget / workers),
    parameters,
    loss: loss instanceof URL ? loss.href : loss,
  };
  const encodings = new SharedTitleEncodings(titleEncodingStore);
  const threads = Array.from({ length: workers }, () => new WorkerThread(encodings));
  const pool = new TaggerWorkers(tagger, threads, new WorkerThread(encodings));
  try {
    await Promise.all(threads.map((thread) => thread.call("start", setup)));
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/**
 * Does something with a tagger in this thread, or with so many threads that hold it.
 *
 * @param workers with 1, this thread does the work
 */
export async function withWorkers<Result>(
  tagger: VideoTagger,
  workers: number,
  work: (tagger: BatchTagger) => Promise<Result>,
): Promise<Result> {
  if (workers === 1) return work(tagger);
  const pool = await startWorkers(tagger, { workers });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/** Threads that tag, measure and train together. */
export class TaggerWorkers implements TrainingWorkers {
  readonly #tagger: VideoTagger;
  readonly #threads: readonly WorkerThread[];
  readonly #reader: WorkerThread;
  /** Threads with nothing to do, or calls that wait for one. */
  readonly #idle: WorkerThread[];
  readonly #waiting: ((thread: WorkerThread) => void)[] = [];
  /** The trainable parameters, and each thread's gradients, in shared memory; there from the first step on. */
  #parameters: Float32Array | undefined;
  #gradients: readonly Float32Array[] | undefined;

  /** @param reader a thread without a tagger */
  constructor(tagger: VideoTagger, threads: readonly WorkerThread[], reader: WorkerThread) {
    this.#tagger = tagger;
    this.#threads = threads;
    this.#reader = reader;
    this.#idle = [...threads];
  }

  get labels(): readonly string[] {
    return this.#tagger.labels;
  }

  get threshold(): Threshold {
    return this.#tagger.threshold;
  }

  /** For each thread a batch to do and one to go on with. */
  get parallelBatches(): number {
    return 2 * this.#threads.length;
  }

  /** What to ask a dataset for; feature files are unpickled in a thread of their own. */
  get sampleOptions(): BatchTagger["sampleOptions"] & { readonly decode: FeatureDecoder } {
    return { ...this.#tagger.sampleOptions, decode: (bytes, options) => this.#reader.call("decode", bytes, options) };
  }

  /** As VideoTagger's; calls at the same time are shared out. */
  async tag(videos: readonly VideoFeatures[], { signal, ...options }: TagOptions = {}): Promise<TaggedVideo[]> {
    return this.#whenIdle((thread) => {
      signal?.throwIfAborted();
      return thread.call("tag", videos, options);
    });
  }

  /** Tags the videos of a dataset; they come in its own order. */
  tagAll(dataset: VideoDataset, options?: TagOptions & Partial<BatchOptions>): AsyncGenerator<TaggedDatasetVideo> {
    return tagAll(this, dataset, options);
  }

  measure(videos: readonly LabelledVideo[], { signal }: Pick<TagOptions, "signal"> = {}): Promise<MeasuredBatch> {
    return this.#whenIdle(async (thread) => {
      signal?.throwIfAborted();
      return thread.call("measure", videos);
    });
  }

  /** Each thread has its share of the tagger's budget. */
  memoryLimit(pass: "prediction" | "training"): MemoryLimit {
    const limit = this.#tagger.memoryLimit(pass);
    return { ...limit, budget: Math.ceil(limit.budget / this.#threads.length) };
  }

  async refresh(): Promise<void> {
    const parameters = await this.#shareParameters();
    await Promise.all(this.#threads.map((thread) => thread.call("load", parameters)));
  }

  async batchGradients(batch: TrainingBatch, dropout: RandomStream): Promise<TaggerGradients> {
    const parameters = await this.#shareParameters();
    const trainable = this.#tagger.model.trainableParameters();
    this.#gradients ??= this.#threads.map(() => shareMemory(trainable));
    const memories = this.#gradients;
    const shares = dealBatch(batch, this.#tagger.model.config, this.#threads.length);
    const done = await allOrFirstFailure(
      shares.map(({ batch: share }, index) =>
        (this.#threads[index] as WorkerThread).call("gradients", {
          batch: share,
          dropout: dropout.fork(`share ${index}`).state,
          parameters,
          gradients: memories[index] as Float32Array,
        }),
      ),
    );
    const sum = await this.#add(memories.slice(0, shares.length));
    const logits: Float32Array[] = [];
    for (const [index, { places }] of shares.entries()) {
      for (const [row, place] of places.entries()) logits[place] = done[index]?.logits[row] as Float32Array;
    }
    return {
      loss: done.reduce((total, { loss }) => total + loss, 0),
      logits,
      gradients: readTensors(trainable, new Set(done.flatMap(({ paths }) => paths)), sum),
    };
  }

  /** Ends every thread, whatever it is doing: what was asked of it fails. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads, this.#reader].map((thread) => thread.end()));
  }

  /** The first thread that has nothing to do takes it: batches differ in length, so who was given as many is not done as soon. */
  async #whenIdle<Result>(work: (thread: WorkerThread) => Promise<Result>): Promise<Result> {
    const thread = this.#idle.shift() ?? (await new Promise<WorkerThread>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(thread);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(thread);
      else next(thread);
    }
  }

  async #shareParameters(): Promise<Float32Array> {
    const trainable = this.#tagger.model.trainableParameters();
    this.#parameters ??= shareMemory(trainable);
    await writeValues(trainable, trainable, this.#parameters);
    return this.#parameters;
  }

  /** Adds the memories up in their order, each thread a range of values. Returns the first, which holds the sum. */
  async #add(memories: readonly Float32Array[]): Promise<Float32Array> {
    const [sum = new Float32Array(0)] = memories;
    if (memories.length > 1) {
      const size = Math.ceil(sum.length / this.#threads.length);
      await allOrFirstFailure(
        this.#threads.map((thread, index) =>
          thread.call("add", memories, index * size, Math.min((index + 1) * size, sum.length)),
        ),
      );
    }
    return sum;
  }
}

/** Waits for all of them, so that none goes on in memory that the next step uses, and throws the first's failure. */
async function allOrFirstFailure<Result>(calls: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(calls);
  return Promise.all(calls);
}

function travelling({ tokenizer, vocabulary, maxLength }: TextPreprocessing): Omit<TextPreprocessing, "tokenizer"> {
  if (!isOfVocabularyFile(tokenizer)) {
    throw new TypeError("startWorkers: threads make an ErnieTokenizer of the vocabulary. The tagger has another one.");
  }
  return { vocabulary, maxLength };
}
