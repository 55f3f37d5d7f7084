import * as tf from "@tensorflow/tfjs-core";
import { RandomStream } from "../../src/core/random-stream.ts";
import { MultimodalTagger, type MultimodalTaggerConfig, type TaggerInput } from "../../src/models/multimodal-tagger.ts";
import { randomSequence } from "./tensors.ts";

/** A tagger of odd and unequal sizes, with every modality. */
export const SMALL_CONFIG = {
  image: { featureSize: 3, units: 2 },
  audio: { featureSize: 2, units: 1 },
  text: {
    encoder: {
      vocabularySize: 11,
      hiddenSize: 4,
      layers: 1,
      heads: 2,
      maxPositions: 9,
      sentenceTypes: 2,
      taskTypes: 0,
      activation: "relu",
      hiddenDropout: 0.1,
      attentionDropout: 0.1,
      initializerRange: 0.5,
    },
    encoderTraining: "frozen",
    filters: 3,
    windows: [2, 3],
  },
  pooling: "text-guided",
  numClasses: 5,
  head: "sigmoid",
  dropoutRate: 0.3,
  dropoutScaling: "inference",
} as const satisfies MultimodalTaggerConfig;

export function smallTagger(config: MultimodalTaggerConfig = SMALL_CONFIG, seed = 1): MultimodalTagger {
  return new MultimodalTagger(config, new RandomStream(seed));
}

/** Videos with these many rows of image, of audio, and tokens; what the padding holds is noise. */
export function smallInput(lengths: readonly (readonly [number, number, number])[], seed = 2): TaggerInput {
  const random = new RandomStream(seed);
  const of = (index: 0 | 1 | 2) => lengths.map((each) => each[index]);
  const time = Math.max(...of(2));
  const ids = Int32Array.from({ length: lengths.length * time }, () => random.nextInteger(11));
  const mask = randomSequence(of(2), 1, random, time);
  mask.values.dispose();
  return {
    image: randomSequence(of(0), 3, random),
    audio: randomSequence(of(1), 2, random),
    text: { tokenIds: tf.tensor2d(ids, [lengths.length, time], "int32"), mask: mask.mask },
  };
}

/** One video of a batch, cut to its own lengths. */
export function videoOf(
  input: TaggerInput,
  index: number,
  [image, audio, tokens]: readonly [number, number, number],
): TaggerInput {
  const cut = <T extends tf.Tensor>(tensor: T, length: number): T =>
    tf.slice(tensor, [index, 0, ...new Array(tensor.rank - 2).fill(0)], [1, length, ...tensor.shape.slice(2)]) as T;
  const { text } = input;
  if (!text || !("tokenIds" in text) || !input.image || !input.audio)
    throw new Error("All modalities, with token ids.");
  return {
    image: { values: cut(input.image.values, image), mask: cut(input.image.mask, image) },
    audio: { values: cut(input.audio.values, audio), mask: cut(input.audio.mask, audio) },
    text: { tokenIds: cut(text.tokenIds, tokens), mask: cut(text.mask, tokens) },
  };
}
