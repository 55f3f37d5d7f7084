import * as tf from "@tensorflow/tfjs-core";
import { padSequences, type SequenceBatch, type SequenceRows } from "../core/sequence-batch.ts";
import { collateTitles } from "../data/collate.ts";
import type { TextBranch } from "../models/text-branch.ts";

/** Bytes of encodings that are kept at most. */
const CAPACITY = 512 * 2 ** 20;

/**
 * What a frozen encoder makes of titles, computed once a title: nine tenths of the reference's training step go into
 * running it again on the same ones. The encodings that were not used for the longest time are dropped first.
 */
export class TitleEncodings {
  readonly #text: TextBranch;
  readonly #capacity: number;
  /** By token ids; a map keeps the order in which entries were set, so the first is the one to drop. */
  readonly #kept = new Map<string, SequenceRows>();
  #bytes = 0;

  constructor(text: TextBranch, capacity: number = CAPACITY) {
    this.#text = text;
    this.#capacity = capacity;
  }

  /**
   * @param titles the token ids of each title
   * @returns values [batch, time, hiddenSize] and mask [batch, time], owned by the caller
   */
  async encode(titles: readonly Int32Array[]): Promise<SequenceBatch> {
    const keys = titles.map((ids) => ids.join());
    const missing = new Map<string, Int32Array>();
    for (const [index, key] of keys.entries()) if (!this.#kept.has(key)) missing.set(key, titles[index] as Int32Array);
    const fresh = await this.#compute(missing);
    const encodings = keys.map((key) => {
      const encoding = (fresh.get(key) ?? this.#kept.get(key)) as SequenceRows;
      this.#keep(key, encoding);
      return encoding;
    });
    this.#dropOldest();
    return padSequences(encodings, this.#text.encoder.config.hiddenSize);
  }

  /**
   * Each title runs alone: what a backend's products make of a row depends, in the last bit, on the rows beside it, and
   * a training that goes on after a break must find the same encodings.
   */
  async #compute(titles: ReadonlyMap<string, Int32Array>): Promise<Map<string, SequenceRows>> {
    const size = this.#text.encoder.config.hiddenSize;
    const result = new Map<string, SequenceRows>();
    for (const [key, ids] of titles) {
      const batch = collateTitles([ids]);
      let encoded: tf.Tensor3D | undefined;
      try {
        encoded = this.#text.encode(batch);
        result.set(key, { rows: ids.length, size, data: (await encoded.data()) as Float32Array });
      } finally {
        tf.dispose([encoded, batch]);
      }
    }
    return result;
  }

  #keep(key: string, encoding: SequenceRows): void {
    if (!this.#kept.delete(key)) this.#bytes += encoding.data.byteLength;
    this.#kept.set(key, encoding);
  }

  #dropOldest(): void {
    for (const [key, encoding] of this.#kept) {
      if (this.#bytes <= this.#capacity) return;
      this.#kept.delete(key);
      this.#bytes -= encoding.data.byteLength;
    }
  }
}
