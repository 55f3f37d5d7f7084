/** Bytes of features that are on their way at most. */
const MOST_BYTES = 128 * 2 ** 20;

/**
 * How many videos may be on their way at a time: as many as were asked for, or fewer where those before were large. The first one
 * is read alone, because nothing is known before it.
 */
export class ReadAhead {
  readonly #asked: number;
  /** Bytes of the last videos, as many as were asked for. */
  readonly #sizes: number[] = [];

  constructor(asked: number) {
    this.#asked = asked;
  }

  add(bytes: number): void {
    this.#sizes.push(bytes);
    if (this.#sizes.length > this.#asked) this.#sizes.shift();
  }

  /** At least 1. */
  get videos(): number {
    if (this.#sizes.length === 0) return 1;
    return Math.min(this.#asked, Math.max(1, Math.floor(MOST_BYTES / Math.max(1, ...this.#sizes))));
  }
}
