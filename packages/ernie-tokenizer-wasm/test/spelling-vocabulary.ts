/**
 * A vocabulary that spells every word: each code point that can be in one, at its beginning and after it. Tokens then
 * show all that normalisation did.
 */
export function spellingVocabulary(): string[] {
  const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    if (!/[\p{C}\p{Z}\p{Mn}]/u.test(character)) tokens.push(character, `##${character}`);
  }
  return tokens;
}
