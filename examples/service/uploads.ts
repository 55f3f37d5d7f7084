import type { FastifyRequest } from "fastify";
import { Refusal } from "./refusal.ts";

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
   * Receives a body chunk by chunk, whatever its Content-Length says. What comes after a refusal is passed over.
   *
   * @throws Refusal, 413 for a body that is too large, and 503 when all of them are
   */
  async receive(request: FastifyRequest, body: AsyncIterable<Buffer>): Promise<Buffer> {
    const { bodyLimit, totalLimit } = this.#options;
    const tooLarge = () => new Refusal(413, `A feature file may have ${bodyLimit} bytes at most.`);
    if (Number(request.headers["content-length"]) > bodyLimit) throw tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      this.#total += chunk.length;
      this.#held.set(request, size);
      if (size > bodyLimit) throw tooLarge();
      if (this.#total > totalLimit) {
        throw new Refusal(503, "Too many files are on their way. Try again in a moment.", { "retry-after": "1" });
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** To be told when a request was answered, or broke off. */
  release(request: FastifyRequest): void {
    this.#total -= this.#held.get(request) ?? 0;
    this.#held.delete(request);
  }
}
