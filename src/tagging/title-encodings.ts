import { MismatchError } from "../core/errors.ts";
import { padSequences, type SequenceBatch } from "../core/sequence-batch.ts";
import { RecentEncodings } from "./recent-encodings.ts";
import type { TitleEncoder } from "./title-encoder.ts";

/** A second place for encodings, that lasts longer than the process: a folder. */
export interface TitleEncodingStore {
  /**
   * @param title token ids
   * @returns the values that were written for it, bit for bit: [tokens, hiddenSize]; undefined when it has none
   */
  read(title: Int32Array): Promise<Float32Array | undefined>;
  /** Keeps an encoding if it can; it need not. */
  write(title: Int32Array, values: Float32Array): Promise<void>;
}

export interface TitleEncodingsOptions {
  /** Bytes that are kept in memory at most. Default 512 MiB. */
  readonly capacity?: number | undefined;
  /** Asked for what memory does not hold, and told of what was computed. */
  readonly store?: TitleEncodingStore | undefined;
}

/**
 * What a frozen encoder makes of titles, computed once a title: nine tenths of the reference's training step go into
 * running it again on the same ones. The encodings that were not used for the longest time are dropped first.
 *
 * On cpu and wasm, an encoding is the same to the last bit whichever others it is asked for with, so that a training that
 * goes on after a break finds the same ones. Padding can change the order in which a backend adds up: unless the encoder
 * passes over it, titles are encoded together with those of their own length alone.
 */
export class TitleEncodings {
  readonly #encoder: TitleEncoder;
  /** Width of a token's vector. */
  readonly #size: number;
  readonly #store: TitleEncodingStore | undefined;
  readonly #kept: RecentEncodings;

  /** @param hiddenSize the width of a token's vector */
  constructor(encoder: TitleEncoder, hiddenSize: number, { capacity, store }: TitleEncodingsOptions = {}) {
    this.#encoder = encoder;
    this.#size = hiddenSize;
    this.#store = store;
    this.#kept = new RecentEncodings(capacity);
  }

  /**
   * @param titles the token ids of each title
   * @returns values [batch, time, hiddenSize] and mask [batch, time], owned by the caller
   * @throws MismatchError when the encoder gives vectors of another width
   */
  async encode(titles: readonly Int32Array[]): Promise<SequenceBatch> {
    const keys = titles.map((ids) => ids.join());
    const missing = new Map<string, Int32Array>();
    for (const [index, key] of keys.entries()) if (!this.#kept.get(key)) missing.set(key, titles[index] as Int32Array);
    const stored = await this.#readStored(missing);
    for (const key of stored.keys()) missing.delete(key);
    const fresh = await this.#compute(missing);
    const encodings = keys.map((key) => {
      const data = (stored.get(key) ?? fresh.get(key) ?? this.#kept.get(key)) as Float32Array;
      this.#kept.keep(key, data);
      return { rows: data.length / this.#size, size: this.#size, data };
    });
    this.#kept.dropOldest();
    return padSequences(encodings, this.#size);
  }

  async #readStored(titles: ReadonlyMap<string, Int32Array>): Promise<Map<string, Float32Array>> {
    const result = new Map<string, Float32Array>();
    const read = async (key: string, title: Int32Array): Promise<void> => {
      const data = await this.#store?.read(title);
      if (data !== undefined) result.set(key, data);
    };
    if (this.#store !== undefined) await Promise.all([...titles].map(([key, title]) => read(key, title)));
    return result;
  }

  async #compute(titles: ReadonlyMap<string, Int32Array>): Promise<Map<string, Float32Array>> {
    const result = new Map<string, Float32Array>();
    for (const group of this.#together([...titles])) {
      const encoded = await this.#encoder.encode(group.map(([, title]) => title));
      const tokens = group.reduce((sum, [, { length }]) => sum + length, 0);
      if (encoded.length !== tokens * this.#size) {
        const expected = `must give ${this.#size} values for each of ${tokens} tokens`;
        throw new MismatchError(
          `The title encoder ${expected}, as the tagger's own does. Got ${encoded.length} values.`,
        );
      }
      let place = 0;
      for (const [key, title] of group) {
        const own = encoded.slice(place, place + title.length * this.#size);
        place += own.length;
        result.set(key, own);
        await this.#store?.write(title, own);
      }
    }
    return result;
  }

  /** Titles in groups that are encoded in one run. */
  #together(titles: readonly [string, Int32Array][]): (readonly [string, Int32Array][])[] {
    if (titles.length === 0) return [];
    if (this.#encoder.mixesLengths === true) return [titles];
    const byLength = new Map<number, [string, Int32Array][]>();
    for (const entry of titles) {
      const group = byLength.get(entry[1].length);
      if (group === undefined) byLength.set(entry[1].length, [entry]);
      else group.push(entry);
    }
    return [...byLength.values()];
  }
}
