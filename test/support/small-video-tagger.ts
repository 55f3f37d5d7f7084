import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceRows } from "../../src/core/sequence-batch.ts";
import { type MultimodalTaggerConfig, textsOf } from "../../src/models/tagger-config.ts";
import type { VideoFeatures } from "../../src/tagging/tagger-inputs.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { SMALL_CONFIG, smallTagger } from "./small-tagger.ts";
import { randomizeParameters } from "./tensors.ts";

/** Fewer tokens than the encoder has rows for. */
export const SMALL_VOCABULARY = "[PAD]\n[CLS]\n[SEP]\n[UNK]\n猫\ndog\n##s\n";

/** Names that a format may stumble over. */
const LABELS = ["宠物", "music", "two words", 'a "quote"', "__proto__"];

/** A small tagger with all that prediction needs, and with parameters that a seed decides. */
export async function smallVideoTagger(
  seed: number,
  config: MultimodalTaggerConfig = SMALL_CONFIG,
  vocabulary: string = SMALL_VOCABULARY,
): Promise<VideoTagger> {
  const model = smallTagger(config, seed);
  randomizeParameters(model.parameters().values(), new RandomStream(seed));
  const tokenizer = await ErnieTokenizer.fromVocabulary(vocabulary);
  const texts = Object.fromEntries(textsOf(config).map((name) => [name, { tokenizer, vocabulary, maxLength: 8 }]));
  return new VideoTagger({ model, labels: LABELS, threshold: 0.25, texts });
}

/** Videos for it: with and without title and sound. */
export function smallVideos(): VideoFeatures[] {
  const random = new RandomStream(99);
  const rows = (count: number, size: number): SequenceRows => ({
    rows: count,
    size,
    data: Float32Array.from({ length: count * size }, () => random.nextNormal()),
  });
  return [
    { texts: { text: "猫 dogs" }, rows: { image: rows(4, 3), audio: rows(2, 2) } },
    { texts: { text: "" }, rows: { image: rows(1, 3), audio: rows(0, 2) } },
    { rows: { image: rows(2, 3) } },
  ];
}
