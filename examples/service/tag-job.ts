import type { TaggedVideo, VideoFeatures } from "multimodal-video-tag/tagging";
import { Refusal } from "./refusal.ts";
import type { TagQuery } from "./tag-query.ts";

/** A request on its way: a file to be read, then a video to be tagged. It is answered once, by its deadline at the latest. */
export class TagJob {
  readonly file: Uint8Array;
  readonly query: TagQuery;
  /** A moment of `performance.now()`. */
  readonly deadline: number;
  readonly answer: Promise<TaggedVideo>;
  /** There once the file is read. */
  video: VideoFeatures = {};
  work = 0;
  /** How often its work failed or was lost. After the first time it is done alone. */
  failures = 0;
  /** Whether a thread is busy with it. */
  isUnderWay = false;
  #isAnswered = false;
  readonly #resolve: (tagged: TaggedVideo) => void;
  readonly #reject: (error: unknown) => void;

  /**
   * @param patience in milliseconds, until it is refused
   * @param signal whose sender is gone when it aborts
   */
  constructor(file: Uint8Array, query: TagQuery, patience: number, signal: AbortSignal) {
    this.file = file;
    this.query = query;
    this.deadline = performance.now() + patience;
    let settle = {} as { resolve: (tagged: TaggedVideo) => void; reject: (error: unknown) => void };
    this.answer = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    const timer = setTimeout(() => this.refuse(this.#tooLate(patience / 1000)), patience);
    const onAbort = () => this.refuse(new Refusal(499, "The sender is gone."));
    const end = () => {
      this.#isAnswered = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    this.#resolve = (tagged) => {
      end();
      settle.resolve(tagged);
    };
    this.#reject = (error) => {
      end();
      settle.reject(error);
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  }

  /** Whether nobody waits for it any more. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Does nothing when it was answered before. */
  resolve(tagged: TaggedVideo): void {
    if (!this.#isAnswered) this.#resolve(tagged);
  }

  /** Does nothing when it was answered before. */
  refuse(error: unknown): void {
    if (!this.#isAnswered) this.#reject(error);
  }

  #tooLate(seconds: number): Refusal {
    return this.isUnderWay
      ? new Refusal(504, `This video took more than ${seconds} s. Send fewer rows.`)
      : new Refusal(503, `The service is busy: this video waited ${seconds} s. Try again in a moment.`, {
          "retry-after": "1",
        });
  }
}
