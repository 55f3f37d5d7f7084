export { type EncodedBatch, type EncodedPair, type EncodeOptions, ErnieTokenizer } from "./tokenizer.ts";
export { unicodeVersion } from "./unicode-version.generated.ts";
export { VocabularyError } from "./vocabulary-error.ts";
