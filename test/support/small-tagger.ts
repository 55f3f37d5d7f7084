import * as tf from "@tensorflow/tfjs-core";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { ErnieConfig } from "../../src/models/ernie-encoder.ts";
import { MultimodalTagger, type TaggerInput } from "../../src/models/multimodal-tagger.ts";
import { type MultimodalVideoTagSizes, multimodalVideoTagOf } from "../../src/models/presets.ts";
import type { MultimodalTaggerConfig } from "../../src/models/tagger-config.ts";
import { randomSequence } from "./tensors.ts";

/** Odd and unequal sizes, with every modality. */
export const SMALL_SIZES = {
  image: { size: 3, units: 2 },
  audio: { size: 2, units: 1 },
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
    training: "frozen",
    filters: 3,
    windows: [2, 3],
  },
  isTextGuided: true,
  numClasses: 5,
  head: "sigmoid",
  dropoutRate: 0.3,
  dropoutScaling: "inference",
} as const satisfies MultimodalVideoTagSizes;

/** A tagger of these sizes. */
export const SMALL_CONFIG: MultimodalTaggerConfig = smallConfig();

/** The same with other sizes and options; a modality that is undefined is not there. */
export function smallConfig(sizes: Partial<MultimodalVideoTagSizes> = {}): MultimodalTaggerConfig {
  return multimodalVideoTagOf({ ...SMALL_SIZES, ...sizes });
}

/** The encoder of a tagger's title. */
export function encoderOf({ modalities: { text } }: MultimodalTaggerConfig): ErnieConfig {
  if (text === undefined || !("encoder" in text.input)) throw new Error("The tagger must have an encoder.");
  return text.input.encoder;
}

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
  const sequences = {
    image: randomSequence(of(0), 3, random),
    audio: randomSequence(of(1), 2, random),
    text: { tokenIds: tf.tensor2d(ids, [lengths.length, time], "int32"), mask: mask.mask },
  };
  return { sequences };
}

/** One video of a batch, cut to its own lengths. */
export function videoOf(
  input: TaggerInput,
  index: number,
  [image, audio, tokens]: readonly [number, number, number],
): TaggerInput {
  const cut = <T extends tf.Tensor>(tensor: T, length: number): T =>
    tf.slice(tensor, [index, 0, ...new Array(tensor.rank - 2).fill(0)], [1, length, ...tensor.shape.slice(2)]) as T;
  const lengths: Readonly<Record<string, number>> = { image, audio, text: tokens };
  const sequences = Object.entries(input.sequences).map(([modality, sequence]) => {
    const [length, mask] = [lengths[modality] as number, cut(sequence.mask, lengths[modality] as number)];
    if ("tokenIds" in sequence) return [modality, { tokenIds: cut(sequence.tokenIds, length), mask }];
    return [modality, { values: cut(sequence.values, length), mask }];
  });
  return { sequences: Object.fromEntries(sequences) };
}
