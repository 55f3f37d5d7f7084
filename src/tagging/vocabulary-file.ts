import { ErnieTokenizer, VocabularyError } from "ernie-tokenizer-wasm";
import { FormatError } from "../formats/format-error.ts";
import type { TextPreprocessing, TitleTokenizer } from "./tagger-inputs.ts";

/**
 * A tokenizer from the bytes of a vocabulary file, and the vocabulary's text to be saved with it.
 *
 * @throws FormatError when the vocabulary cannot be used
 */
export async function readVocabularyFile(
  bytes: Uint8Array,
  file: string,
): Promise<Pick<TextPreprocessing, "tokenizer" | "vocabulary">> {
  try {
    const tokenizer = await ErnieTokenizer.fromVocabulary(bytes);
    return { tokenizer, vocabulary: new TextDecoder().decode(bytes) };
  } catch (error) {
    if (!(error instanceof VocabularyError)) throw error;
    const { line, problem } = error;
    throw new FormatError(file, line === undefined ? undefined : `line ${line}`, problem);
  }
}

/** Whether a tokenizer is of the kind that readVocabularyFile makes, so that another can be made of the same vocabulary. */
export function isOfVocabularyFile(tokenizer: TitleTokenizer): boolean {
  return tokenizer instanceof ErnieTokenizer;
}
