import type { Answer, RequestName, Requests } from "./messages.ts";

/**
 * A worker with one backend and one tagger for life: another backend needs another client. The page stays free to follow the
 * keyboard while the worker computes.
 */
export class TaggingClient {
  readonly #worker = new Worker(new URL("./tagging-worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #asked = 0;
  /** Why no question is answered any more. */
  #ended: Error | undefined;

  constructor() {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("problem" in data) waiting?.reject(new Error(data.problem));
      else waiting?.resolve(data.answer as never);
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#end(`The computation stopped: ${event.message || "its program could not be loaded"}.`);
    });
  }

  /** @throws Error whose message is a sentence for the page */
  ask<Name extends RequestName>(name: Name, request: Requests[Name]["request"]): Promise<Requests[Name]["answer"]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, request });
    });
  }

  /** Whether the worker crashed or was stopped: it answers no question any more. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Ends the worker, whatever it is doing; what it was asked for is answered with an error. */
  stop(): void {
    this.#worker.terminate();
    this.#end("The computation was stopped.");
  }

  #end(problem: string): void {
    this.#ended ??= new Error(problem);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
