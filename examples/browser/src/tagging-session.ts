import type { Backend, Result, TaggerFacts, TaggerSource } from "./messages.ts";
import { TaggingClient } from "./tagging-client.ts";
import type { Video } from "./video.ts";

/** What the reader wants to see. */
export interface Wish {
  readonly backend: Backend;
  readonly tagger: TaggerSource;
  /** None while no video fits the tagger. */
  readonly video: Video | undefined;
  readonly title: string;
}

/** What the session tells the page. */
export interface SessionView {
  showBusy(isBusy: boolean): void;
  showStopped(): void;
  /** The wish changed without the reader: something failed, and the page goes back to what it had. */
  showWish(wish: Wish): void;
  showTagger(facts: TaggerFacts, tagger: TaggerSource): void;
  showResult(result: Result, video: Video): void;
  showTimings(facts: TaggerFacts, first: number, last: number): void;
  /** There are no tags of what is wished. */
  showNothing(sentence: string): void;
  /** A sentence that stays until something works; undefined takes it away. */
  showProblem(sentence: string | undefined): void;
}

/** A worker, and what it told. */
interface Engine {
  readonly backend: Backend;
  readonly tagger: TaggerSource;
  readonly client: TaggingClient;
  /** Once it has started. */
  facts?: TaggerFacts;
  /** The video that it read last. */
  opened?: Video;
  firstMilliseconds?: number;
}

/** A file that is no video, or none that fits the tagger: the worker is as good as before. */
class VideoError extends Error {}

const NO_VIDEO = "No video is open. Choose one that fits the tagger.";
const NO_TAGS = "Nothing was computed. Choose a video, a title, or where to compute.";

/**
 * Brings the page to what the reader wished last. Wishes in between are passed over, and what fails is taken back, so that
 * the tags on the page are those of its video and its title. A new worker replaces the one in use once it has tagged: until
 * then the reader can go back.
 */
export class TaggingSession {
  readonly #view: SessionView;
  #wish: Wish;
  /** The last wish that nothing more was to be done for, fulfilled or not. */
  #settled: Wish | undefined;
  /** What the tags on the page are of. */
  #shown: Wish | undefined;
  #engine: Engine | undefined;
  /** Made for another backend or tagger than the engine's, or because that one's worker ended. */
  #candidate: Engine | undefined;
  #problem: string | undefined;
  #isBusy = false;
  #isStopped = false;

  constructor(wish: Wish, view: SessionView) {
    this.#wish = wish;
    this.#view = view;
  }

  /** Takes a wish of the reader's. What was stopped or failed can be wished again. */
  want(change: Partial<Wish>): void {
    const wish = { ...this.#wish, ...change };
    if (isSame(wish, this.#isBusy ? this.#wish : this.#shown)) return;
    this.#wish = wish;
    this.#problem = undefined;
    // Nobody waits for this worker any more.
    if (this.#candidate !== undefined && !serves(this.#candidate, this.#wish)) this.#candidate.client.stop();
    if (!this.#isBusy) void this.#settle();
  }

  /** Says what is wrong with something that the reader asked for. What is wished stays as it is. */
  complain(sentence: string): void {
    this.#problem = sentence;
    this.#view.showProblem(sentence);
  }

  /** Ends what is being computed, however long it would have taken. */
  stop(): void {
    if (!this.#isBusy) return;
    this.#isStopped = true;
    (this.#candidate ?? this.#engine)?.client.stop();
  }

  async #settle(): Promise<void> {
    this.#isBusy = true;
    this.#view.showBusy(true);
    while (this.#settled !== this.#wish) {
      const goal = this.#wish;
      try {
        await this.#reach(goal);
      } catch (error) {
        // A failure of what is no longer wished is of no interest.
        if (goal === this.#wish || this.#isStopped) this.#goBack(error);
      }
    }
    this.#isBusy = false;
    this.#view.showBusy(false);
    this.#view.showProblem(this.#problem);
    if (this.#isStopped) this.#view.showStopped();
    this.#isStopped = false;
  }

  async #reach(goal: Wish): Promise<void> {
    const { video, title } = goal;
    const engine = this.#engineFor(goal);
    const { backend, tagger, client } = engine;
    engine.facts ??= await client.ask("start", { backend, tagger });
    if (goal !== this.#wish) return;
    if (video === undefined) {
      this.#use(engine);
      this.#settleOn(goal);
      return;
    }
    if (engine.opened !== video) await open(engine, video);
    if (goal !== this.#wish) return;
    const result = await client.ask("tag", { title });
    engine.firstMilliseconds ??= result.milliseconds;
    this.#use(engine);
    // While the reader types, tags of the title so far are of use; tags of another video would be taken for this one's.
    if (video !== this.#wish.video) return;
    this.#view.showProblem(this.#problem);
    this.#view.showResult(result, video);
    this.#view.showTimings(engine.facts, engine.firstMilliseconds, result.milliseconds);
    this.#shown = goal;
    this.#settled = goal;
  }

  /** The worker that computes on the wished backend with the wished tagger. */
  #engineFor(goal: Wish): Engine {
    if (this.#isStopped) throw new Error(NO_TAGS);
    for (const engine of [this.#candidate, this.#engine]) {
      if (engine !== undefined && serves(engine, goal)) return engine;
    }
    this.#candidate?.client.stop();
    this.#candidate = { backend: goal.backend, tagger: goal.tagger, client: new TaggingClient() };
    return this.#candidate;
  }

  #use(engine: Engine): void {
    if (engine !== this.#candidate) return;
    this.#engine?.client.stop();
    this.#engine = engine;
    this.#candidate = undefined;
    this.#view.showTagger(engine.facts as TaggerFacts, engine.tagger);
  }

  /** Takes back what failed. What is left of the wish is tried once more if another worker or video may succeed. */
  #goBack(error: unknown): void {
    this.#problem = this.#isStopped ? undefined : (error as Error).message;
    if (error instanceof VideoError) this.#goBackToVideo();
    else this.#goBackToEngine();
    this.#view.showWish(this.#wish);
  }

  /** To the video before, if the new one is at fault; with a new tagger, not even that one need fit. */
  #goBackToVideo(): void {
    const before = this.#settled;
    const isNew = this.#wish.video !== before?.video;
    this.#wish = {
      ...this.#wish,
      video: undefined,
      ...(isNew && before && { video: before.video, title: before.title }),
    };
    if (this.#candidate === undefined) this.#settleOn(this.#wish);
  }

  /** To the worker before, whose tags are on the page. */
  #goBackToEngine(): void {
    const failed = this.#candidate ?? this.#engine;
    failed?.client.stop();
    this.#candidate = undefined;
    if (this.#engine !== undefined) {
      const { backend, tagger, client } = this.#engine;
      this.#wish = { ...this.#wish, backend, tagger };
      if (client.hasEnded || this.#isStopped || isSame(this.#wish, this.#shown)) this.#settleOn(this.#wish);
    } else if (this.#wish.backend !== "wasm" && !this.#isStopped) {
      // Every browser has WASM.
      this.#problem = undefined;
      this.#wish = { ...this.#wish, backend: "wasm" };
    } else this.#settleOn(this.#wish);
  }

  /** Nothing more is to be done. The tags on the page stay only if they are those of the wish. */
  #settleOn(wish: Wish): void {
    this.#settled = wish;
    if (isSame(wish, this.#shown)) return;
    this.#shown = undefined;
    this.#view.showNothing(wish.video === undefined ? NO_VIDEO : NO_TAGS);
  }
}

function isSame(wish: Wish, other: Wish | undefined): boolean {
  return (["backend", "tagger", "video", "title"] as const).every((part) => wish[part] === other?.[part]);
}

/** Whether a worker computes what is wished. */
function serves({ backend, tagger, client }: Engine, wish: Wish): boolean {
  return backend === wish.backend && tagger === wish.tagger && !client.hasEnded;
}

/** @throws VideoError if it is the video's fault */
async function open(engine: Engine, video: Video): Promise<void> {
  const { client } = engine;
  try {
    await client.ask("open", { name: video.file, source: video.source });
    engine.opened = video;
  } catch (error) {
    throw client.hasEnded ? error : new VideoError((error as Error).message, { cause: error });
  }
}
