export {
  type EncodeBatchOptions,
  type EncodedBatch,
  type EncodedPair,
  type EncodedTexts,
  type EncodeOptions,
  ErnieTokenizer,
} from "./tokenizer.ts";
export { unicodeVersion } from "./unicode-version.generated.ts";
export { VocabularyError } from "./vocabulary-error.ts";
