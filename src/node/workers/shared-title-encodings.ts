import type { TitleEncodingStore } from "../../inference/title-encodings.ts";

/** Bytes of encodings that are kept at most. */
const CAPACITY = 512 * 2 ** 20;

/**
 * Title encodings in memory that threads share, so that a title is encoded once, whichever thread meets it next. Those
 * that were not used for the longest time are dropped first.
 */
export class SharedTitleEncodings implements TitleEncodingStore {
  readonly #store: TitleEncodingStore | undefined;
  /** A map keeps the order in which entries were set, so the first is the one to drop. */
  readonly #kept = new Map<string, Float32Array>();
  #bytes = 0;

  /** @param store a second place, asked for what memory does not hold */
  constructor(store: TitleEncodingStore | undefined) {
    this.#store = store;
  }

  async read(title: Int32Array): Promise<Float32Array | undefined> {
    const key = title.join();
    const values = this.#kept.get(key) ?? share(await this.#store?.read(title));
    if (values !== undefined) this.#keep(key, values);
    return values;
  }

  async write(title: Int32Array, values: Float32Array): Promise<void> {
    this.#keep(title.join(), share(values));
    await this.#store?.write(title, values);
  }

  #keep(key: string, values: Float32Array): void {
    this.#bytes += values.byteLength - (this.#kept.get(key)?.byteLength ?? 0);
    this.#kept.delete(key);
    this.#kept.set(key, values);
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#bytes <= CAPACITY) return;
      this.#kept.delete(oldest);
      this.#bytes -= byteLength;
    }
  }
}

/** A copy in shared memory. */
export function share<Values extends Float32Array | undefined>(values: Values): Values;
export function share(values: Float32Array | undefined): Float32Array | undefined {
  if (values === undefined) return undefined;
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}
