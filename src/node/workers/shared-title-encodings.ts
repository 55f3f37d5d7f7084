import { RecentEncodings } from "../../tagging/recent-encodings.ts";
import type { TitleEncodingStore } from "../../tagging/title-encodings.ts";
import { sharedValues } from "./shared-values.ts";

/**
 * Title encodings in memory that threads share, so that a title is encoded once, whichever thread meets it next.
 */
export class SharedTitleEncodings implements TitleEncodingStore {
  readonly #store: TitleEncodingStore | undefined;
  readonly #kept = new RecentEncodings();

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
    this.#kept.keep(key, values);
    this.#kept.dropOldest();
  }
}

/** A copy in shared memory. */
function share<Values extends Float32Array | undefined>(values: Values): Values;
function share(values: Float32Array | undefined): Float32Array | undefined {
  if (values === undefined) return undefined;
  const shared = sharedValues(values.length);
  shared.set(values);
  return shared;
}
