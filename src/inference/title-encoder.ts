import * as tf from "@tensorflow/tfjs-core";
import { collateTitles } from "../data/collate.ts";
import type { ErnieEncoder } from "../models/ernie-encoder.ts";

/** What makes a frozen encoder's vectors of titles: the tagger's own ERNIE, or another engine with the same weights. */
export interface TitleEncoder {
  /**
   * @param titles token ids of each title, [CLS] and [SEP] included; all of one length
   * @returns [titles, tokens, hiddenSize]
   */
  encode(titles: readonly Int32Array[]): Promise<Float32Array>;
}

/** An ERNIE of ours, on the current backend. */
export function ernieTitleEncoder(encoder: ErnieEncoder): TitleEncoder {
  return {
    encode: async (titles) => {
      const batch = collateTitles(titles);
      let encoded: tf.Tensor3D | undefined;
      try {
        encoded = encoder.forward(batch);
        return (await encoded.data()) as Float32Array;
      } finally {
        tf.dispose([encoded, batch]);
      }
    },
  };
}
