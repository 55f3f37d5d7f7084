import * as tf from "@tensorflow/tfjs-core";
import { collateTitles } from "../data/collate.ts";
import type { ErnieEncoder } from "../models/ernie-encoder.ts";

/** What makes a frozen encoder's vectors of titles: the tagger's own ERNIE, or another engine with the same weights. */
export interface TitleEncoder {
  /**
   * Whether titles of different lengths may be encoded together, and give each the same to the last bit as alone. Default
   * false: it is asked for titles of one length at a time.
   */
  readonly mixesLengths?: boolean;
  /**
   * @param titles token ids of each title, [CLS] and [SEP] included
   * @returns the tokens of one title after another, [all tokens, hiddenSize]
   */
  encode(titles: readonly Int32Array[]): Promise<Float32Array>;
}

/** An ERNIE of ours, on the current backend. */
export function ernieTitleEncoder(encoder: ErnieEncoder): TitleEncoder {
  return {
    get mixesLengths() {
      return encoder.passesOverPadding;
    },
    encode: async (titles) => {
      const batch = collateTitles(titles);
      let encoded: tf.Tensor3D | undefined;
      try {
        encoded = encoder.forward(batch);
        return withoutPadding((await encoded.data()) as Float32Array, encoded.shape, titles);
      } finally {
        tf.dispose([encoded, batch]);
      }
    },
  };
}

function withoutPadding(
  padded: Float32Array,
  [, time, size]: [number, number, number],
  titles: readonly Int32Array[],
): Float32Array {
  const tokens = titles.reduce((sum, { length }) => sum + length, 0);
  if (tokens === titles.length * time) return padded;
  const rows = new Float32Array(tokens * size);
  let place = 0;
  for (const [index, { length }] of titles.entries()) {
    const begin = index * time * size;
    rows.set(padded.subarray(begin, begin + length * size), place);
    place += length * size;
  }
  return rows;
}
