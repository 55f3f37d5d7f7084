/** Bytes that are kept at most unless told otherwise: 512 MiB. */
const CAPACITY = 512 * 2 ** 20;

/** Title encodings by their token ids, of which those that were not used for the longest time are dropped first. */
export class RecentEncodings {
  readonly #capacity: number;
  /** A map keeps the order in which entries were set, so the first is the one to drop. */
  readonly #kept = new Map<string, Float32Array>();
  #bytes = 0;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  get(key: string): Float32Array | undefined {
    return this.#kept.get(key);
  }

  /** Keeps an encoding as the one used last. Nothing is dropped yet: what a batch needs may be more than there is room for. */
  keep(key: string, values: Float32Array): void {
    this.#bytes += values.byteLength - (this.#kept.get(key)?.byteLength ?? 0);
    this.#kept.delete(key);
    this.#kept.set(key, values);
  }

  /** Drops what there is no room for. */
  dropOldest(): void {
    for (const [key, { byteLength }] of this.#kept) {
      if (this.#bytes <= this.#capacity) return;
      this.#kept.delete(key);
      this.#bytes -= byteLength;
    }
  }
}
