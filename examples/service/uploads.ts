import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { Refusal } from "./refusal.ts";

const TOO_MANY = new Refusal(503, "Too many files are on their way. Try again in a moment.", { "retry-after": "1" });

export interface UploadsOptions {
  /** Bytes of one body, at most. */
  readonly bodyLimit: number;
  /** Bytes of all bodies that came and are not answered yet, at most. */
  readonly totalLimit: number;
}

/** Bodies of requests, in memory until they are answered. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #held = new Map<FastifyRequest, number>();
  #total = 0;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /**
   * Receives a body chunk by chunk, whatever its Content-Length says. Of one that is refused the rest is passed over, so that
   * whoever is still sending it gets the answer.
   *
   * @returns it, or why it is refused: 413 when it is too large, 503 when all of them together are
   */
  receive(request: FastifyRequest, body: Readable): Promise<Buffer | Refusal> {
    const { bodyLimit, totalLimit } = this.#options;
    const tooLarge = new Refusal(413, `A feature file may have ${bodyLimit} bytes at most.`);
    const chunks: Buffer[] = [];
    let size = 0;
    return new Promise((resolve, reject) => {
      const refuse = (refusal: Refusal) => {
        body.off("data", take);
        body.resume();
        this.release(request);
        resolve(refusal);
      };
      const take = (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        this.#total += chunk.length;
        this.#held.set(request, size);
        if (size > bodyLimit) refuse(tooLarge);
        else if (this.#total > totalLimit) refuse(TOO_MANY);
      };
      body.on("data", take);
      body.once("end", () => resolve(Buffer.concat(chunks)));
      body.once("error", reject);
      if (Number(request.headers["content-length"]) > bodyLimit) refuse(tooLarge);
    });
  }

  /** To be told when a request was answered, or broke off. */
  release(request: FastifyRequest): void {
    this.#total -= this.#held.get(request) ?? 0;
    this.#held.delete(request);
  }
}
