import { setTimeout as sleep } from "node:timers/promises";
import type { TaggerThread } from "./tagger-thread.ts";

export interface TaggerThreadsOptions {
  readonly count: number;
  /** Starts a thread; it is ready for work when the promise resolves. */
  readonly start: () => Promise<TaggerThread>;
  /** Told when a thread is ready for work. */
  readonly onReady: () => void;
  /** Told when no thread can be started any more: the process should end, so that a supervisor starts it anew. */
  readonly onLost: (error: unknown) => void;
}

/** A thread's place: empty while another one is being started. */
export interface Place {
  thread: TaggerThread | undefined;
  isTagging: boolean;
  isReading: boolean;
}

/** So often it is tried to start a thread, and so long is the pause before it is tried again. */
const STARTS = 3;
const PAUSE_MS = 500;
/** A thread that has nothing to do answers at once, or never. */
const CHECK_MS = 1000;

/**
 * Threads that hold one tagger. One that fails, dies or does not answer in time is ended, and a new one takes its place, with
 * a backend of its own and the parameters of this thread's tagger. That one computes nothing, so it stays as it was loaded.
 */
export class TaggerThreads {
  readonly places: readonly Place[];
  readonly #options: TaggerThreadsOptions;
  readonly #starting = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: TaggerThreadsOptions) {
    if (!(Number.isInteger(options.count) && options.count >= 1)) {
      throw new RangeError(`The number of threads must be a whole number of 1 or more. Got ${options.count}.`);
    }
    this.#options = options;
    this.places = Array.from({ length: options.count }, () => ({
      thread: undefined,
      isTagging: false,
      isReading: false,
    }));
  }

  /** @throws what keeps one from starting; the others are ended */
  async start(): Promise<void> {
    try {
      await Promise.all(this.places.map((place) => this.#fill(place)));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Ends a thread and starts another at its place; does nothing when that was done already. */
  replace(place: Place, thread: TaggerThread): void {
    if (place.thread !== thread || this.#isClosed) return;
    place.thread = undefined;
    thread.close().catch(() => {});
    const starting = this.#refill(place).finally(() => this.#starting.delete(starting));
    this.#starting.add(starting);
  }

  /** Asks each thread without work for an answer, and replaces those that give none. Returns how many can work. */
  async check(): Promise<number> {
    const checks = this.places.map(async (place) => {
      const { thread, isTagging } = place;
      if (thread === undefined) return false;
      if (isTagging) return true; // Whoever waits for it sees to that.
      const answers = thread.tag([]).then(
        () => true,
        () => false,
      );
      if (await Promise.race([answers, sleep(CHECK_MS, false, { ref: false })])) return true;
      this.replace(place, thread);
      return false;
    });
    return (await Promise.all(checks)).filter(Boolean).length;
  }

  /** Ends every thread, and those that are being started too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#starting);
    await Promise.all(this.places.map(({ thread }) => thread?.close()));
  }

  async #fill(place: Place): Promise<void> {
    const thread = await this.#options.start();
    if (this.#isClosed) return thread.close();
    Object.assign(place, { thread, isTagging: false, isReading: false });
    this.#options.onReady();
  }

  async #refill(place: Place): Promise<void> {
    for (let attempt = 1; !this.#isClosed; attempt++) {
      try {
        return await this.#fill(place);
      } catch (error) {
        if (attempt === STARTS) return this.#options.onLost(error);
        await sleep(PAUSE_MS);
      }
    }
  }
}
