import type { TaggedVideo, VideoFeatures, VideoTagger } from "multimodal-video-tag/inference";
import { Refusal } from "./refusal.ts";

export interface TagQueueOptions {
  /** Videos that run together. */
  readonly batchSize: number;
  /** How long the first video of a batch waits for others, in milliseconds. */
  readonly patience: number;
  /** Videos that may wait; more are refused. */
  readonly capacity: number;
}

interface Waiting {
  readonly video: VideoFeatures;
  readonly resolve: (tagged: TaggedVideo) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers videos of many callers into batches, one of which runs at a time. */
export class TagQueue {
  readonly #tagger: VideoTagger;
  readonly #options: TagQueueOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(tagger: VideoTagger, options: TagQueueOptions) {
    this.#tagger = tagger;
    this.#options = options;
  }

  /** Videos whose batch has not begun. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws Refusal (503) when the queue is full, and whatever the tagger throws for this video */
  tag(video: VideoFeatures): Promise<TaggedVideo> {
    const { capacity } = this.#options;
    if (this.#waiting.length >= capacity) {
      const sentence = `${capacity} videos are waiting already. Try again in a moment.`;
      return Promise.reject(new Refusal(503, sentence, { "retry-after": "1" }));
    }
    const tagged = new Promise<TaggedVideo>((resolve, reject) => this.#waiting.push({ video, resolve, reject }));
    this.#running ??= this.#run();
    return tagged;
  }

  /** Resolves when nothing waits or runs any more. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { batchSize, patience } = this.#options;
    if (this.#waiting.length < batchSize) await new Promise((resolve) => setTimeout(resolve, patience));
    while (this.#waiting.length > 0) await this.#tagBatch(this.#waiting.splice(0, batchSize));
    this.#running = undefined;
  }

  async #tagBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const tagged = await this.#tagger.tag(batch.map(({ video }) => video));
      for (const [index, { resolve }] of batch.entries()) resolve(tagged[index] as TaggedVideo);
    } catch (error) {
      // One bad video must not take the others with it.
      if (batch.length > 1) for (const one of batch) await this.#tagBatch([one]);
      else batch[0]?.reject(error);
    }
  }
}
