import type { DecodedFeatures, DecodeOptions } from "multimodal-video-tag/data";
import type { TaggedVideo, VideoFeatures } from "multimodal-video-tag/tagging";
import { Refusal } from "./refusal.ts";
import { TagJob } from "./tag-job.ts";
import type { TagQuery } from "./tag-query.ts";
import type { TaggerThread } from "./tagger-thread.ts";
import { type Place, TaggerThreads } from "./tagger-threads.ts";

export interface TagQueueOptions {
  /** Threads that tag. */
  readonly threads: number;
  readonly start: () => Promise<TaggerThread>;
  /** Told when no thread can be started any more. */
  readonly onLost: (error: unknown) => void;
  /** What to ask of a feature file. */
  readonly file: DecodeOptions;
  /** Makes a video of a file and says how much work it is. @throws Refusal when it is too much */
  readonly weigh: (
    features: DecodedFeatures,
    query: TagQuery,
  ) => { readonly video: VideoFeatures; readonly work: number };
  /** A video of at most so much work is a short one, and a batch of them is no more work than that. */
  readonly shortWork: number;
  /** Short videos that run together, at most. */
  readonly batchSize: number;
  /** Videos that may be waiting or under way, at most. */
  readonly capacity: number;
  /** Milliseconds in which a video is answered. */
  readonly patience: number;
}

/** Errors that a video itself causes: it would fail on any thread, and leaves the thread as it was. */
const OWN_ERRORS = new Set(["FormatError", "MismatchError", "NotFiniteError", "Refusal", "ShapeError"]);
/** The video is too large for a thread's backend, which is of no use after that. */
export const NO_MEMORY = "BackendMemoryError";

/**
 * Files that wait to be read, and videos that wait to be tagged, in the order in which they came. Short videos run together.
 * A long one runs alone, and one thread takes none of them, so that short ones go on beside it.
 */
export class TagQueue {
  readonly threads: TaggerThreads;
  readonly #options: TagQueueOptions;
  readonly #jobs = new Set<TagJob>();
  #toRead: TagJob[] = [];
  #toTag: TagJob[] = [];

  constructor(options: TagQueueOptions) {
    this.#options = options;
    this.threads = new TaggerThreads({
      count: options.threads,
      start: options.start,
      onReady: () => this.#next(),
      onLost: (error) => {
        for (const job of this.#jobs) job.refuse(new Refusal(503, "The service cannot go on, and ends."));
        options.onLost(error);
      },
    });
  }

  /** Videos that no thread is busy with. */
  get waiting(): number {
    return [...this.#jobs].filter(({ isUnderWay }) => !isUnderWay).length;
  }

  /**
   * @param signal whose sender is gone when it aborts: then nothing more is done
   * @throws Refusal (503 for a full queue or no turn in time, 504 for too long, 413 for too much), FormatError, and whatever
   *   the tagger throws for this video
   */
  async tag(file: Uint8Array, query: TagQuery, signal: AbortSignal): Promise<TaggedVideo> {
    const { capacity, patience } = this.#options;
    if (this.#jobs.size >= capacity) {
      const sentence = `${capacity} videos are waiting already. Try again in a moment.`;
      throw new Refusal(503, sentence, { "retry-after": "1" });
    }
    const job = new TagJob(file, query, patience, signal);
    this.#jobs.add(job);
    this.#toRead.push(job);
    this.#next();
    try {
      return await job.answer;
    } finally {
      this.#jobs.delete(job);
    }
  }

  /** Resolves when every video is answered. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.#jobs].map(({ answer }) => answer));
  }

  /** Gives work to the threads that have none. */
  #next(): void {
    this.#toRead = this.#toRead.filter(({ isAnswered }) => !isAnswered);
    this.#toTag = this.#toTag.filter(({ isAnswered }) => !isAnswered);
    for (const [index, place] of this.threads.places.entries()) {
      const { thread } = place;
      if (thread === undefined) continue;
      if (!place.isReading) {
        const job = this.#toRead.shift();
        if (job) void this.#read(place, thread, job);
      }
      if (!place.isTagging) {
        const batch = this.#takeBatch(index > 0 || this.threads.places.length === 1);
        if (batch.length > 0) void this.#tag(place, thread, batch);
      }
    }
  }

  /** The oldest video, and with a short one others that are short as well. */
  #takeBatch(mayBeLong: boolean): TagJob[] {
    const { shortWork, batchSize } = this.#options;
    const isShort = ({ work }: TagJob) => work <= shortWork;
    const first = this.#toTag.find((job) => mayBeLong || isShort(job));
    if (first === undefined) return [];
    const batch = [first];
    let most = first.work;
    for (const job of this.#toTag) {
      if (!isShort(first) || first.failures > 0 || batch.length === batchSize) break;
      // Each is padded to the longest.
      const work = Math.max(most, job.work) * (batch.length + 1);
      if (job === first || job.failures > 0 || work > shortWork) continue;
      most = Math.max(most, job.work);
      batch.push(job);
    }
    this.#toTag = this.#toTag.filter((job) => !batch.includes(job));
    return batch;
  }

  async #read(place: Place, thread: TaggerThread, job: TagJob): Promise<void> {
    const { file, weigh } = this.#options;
    place.isReading = true;
    const again = await this.#ask(place, thread, [job], async () => {
      const features = await thread.read(job.file, file);
      Object.assign(job, weigh(features, job.query));
      this.#toTag.push(job);
    });
    this.#toRead.unshift(...again);
    if (place.thread === thread) place.isReading = false;
    this.#next();
  }

  async #tag(place: Place, thread: TaggerThread, batch: readonly TagJob[]): Promise<void> {
    place.isTagging = true;
    const again = await this.#ask(place, thread, batch, async () => {
      const tagged = await thread.tag(batch.map(({ video }) => video));
      for (const [index, job] of batch.entries()) job.resolve(tagged[index] as TaggedVideo);
    });
    this.#toTag.unshift(...again);
    if (place.thread === thread) place.isTagging = false;
    this.#next();
  }

  /**
   * Waits for a thread until none of the videos has time left. A thread that fails for reasons of its own, or does not
   * answer, is replaced.
   *
   * @returns what is to be done again, each video alone: one of the others may be to blame, or the thread
   */
  async #ask(
    place: Place,
    thread: TaggerThread,
    jobs: readonly TagJob[],
    work: () => Promise<void>,
  ): Promise<readonly TagJob[]> {
    for (const job of jobs) job.isUnderWay = true;
    try {
      await inTime(work(), Math.max(...jobs.map(({ deadline }) => deadline)) - performance.now());
      return [];
    } catch (error) {
      const { name } = error as Error;
      const isOwn = OWN_ERRORS.has(name);
      if (!isOwn) this.threads.replace(place, thread);
      for (const job of jobs) {
        job.failures++;
        if (job.failures > 1 || (jobs.length === 1 && (isOwn || name === NO_MEMORY))) job.refuse(error);
      }
      return jobs;
    } finally {
      for (const job of jobs) job.isUnderWay = false;
    }
  }
}

/** What a promise brings, or an error shortly after so many milliseconds, when whoever waited for it was told so. */
async function inTime(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The thread does not answer.")), milliseconds + 20);
  });
  try {
    await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
