import { absorbMoments } from "../../core/moments.ts";
import { expectOptions } from "../../core/options.ts";
import type { FeatureDecoder } from "../../data/decoded-features.ts";
import type { VideoDataset } from "../../data/video-dataset.ts";
import { registeredKernels } from "../../kernels/index.ts";
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
import { videoCost } from "../../tagging/video-cost.ts";
import type { VideoTagger } from "../../tagging/video-tagger.ts";
import { isOfVocabularyFile } from "../../tagging/vocabulary-file.ts";
import type { TrainingStepOptions, TrainingWorkers } from "../../training/tagger-step.ts";
import type { TrainStep } from "../../training/train-step.ts";
import type { TrainingVideo } from "../../training/video-step.ts";
import { backendInUse } from "../backend.ts";
import { SharedTitleEncodings } from "./shared-title-encodings.ts";
import { SharedTraining } from "./shared-training.ts";
import { shareMemory, writeValues } from "./shared-values.ts";
import { expectWorkers } from "./worker-count.ts";
import { WorkerThread } from "./worker-thread.ts";

export interface StartWorkersOptions {
  /** How many threads compute: as many as there are cores, at most. Each needs memory for the model. */
  readonly workers: number;
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
  expectOptions("startWorkers", options, { needed: { workers: "number" } });
  const { workers } = options;
  expectWorkers("startWorkers", workers);
  const { threshold, calibration, texts = {}, titleEncoders, titleEncodingStores } = tagger.config;
  const { budget: memoryBudget } = tagger.memoryLimit("prediction");
  if (titleEncoders !== undefined) {
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
    texts: Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, travelling(text)])),
    memoryBudget: Math.ceil(memoryBudget / workers),
    parameters,
  };
  const encodings = new Map(
    Object.keys(texts).map((name) => [name, new SharedTitleEncodings(titleEncodingStores?.[name])]),
  );
  const threads = Array.from({ length: workers }, () => new WorkerThread(encodings));
  const pool = new TaggerWorkers(tagger, threads, new WorkerThread(encodings));
  try {
    await Promise.all(threads.map((thread) => thread.call("startTagger", setup)));
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
  readonly #training: SharedTraining;

  /** @param reader a thread without a tagger */
  constructor(tagger: VideoTagger, threads: readonly WorkerThread[], reader: WorkerThread) {
    this.#tagger = tagger;
    this.#threads = threads;
    this.#reader = reader;
    this.#idle = [...threads];
    this.#training = new SharedTraining(tagger.model, threads);
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
    const decode: FeatureDecoder = (bytes, options, isOwn = false) => {
      const { buffer } = bytes;
      return this.#reader.callWith(isOwn && buffer instanceof ArrayBuffer ? [buffer] : [], "decode", bytes, options);
    };
    return { ...this.#tagger.sampleOptions, decode };
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

  refresh(): Promise<void> {
    return this.#training.refresh();
  }

  async trainingStep({ loss, classWeights }: TrainingStepOptions = {}): Promise<TrainStep<TrainingVideo>> {
    const options = { loss: loss instanceof URL ? loss.href : loss, classWeights };
    await Promise.all(this.#threads.map((thread) => thread.call("learnBy", options)));
    const { model } = this.#tagger;
    const cost = (video: TrainingVideo) => videoCost(model.config, video).multiplications;
    return {
      parameters: () => model.parameters(),
      statistics: () => model.statistics(),
      absorb: (moments) => absorbMoments(model, moments),
      gradients: (videos, given) => this.#training.gradients(videos, given, cost),
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
}

function travelling({ tokenizer, vocabulary, maxLength }: TextPreprocessing): Omit<TextPreprocessing, "tokenizer"> {
  if (!isOfVocabularyFile(tokenizer)) {
    throw new TypeError("startWorkers: threads make an ErnieTokenizer of the vocabulary. The tagger has another one.");
  }
  return { vocabulary, maxLength };
}
