import { expect, test } from "vitest";
import { ErnieTokenizer } from "../src/index.ts";
import { oracleClean, oracleWords } from "./oracle.ts";
import { isSameUnicode, unicodeVersions } from "./runtime-unicode.ts";
import { spellingVocabulary } from "./spelling-vocabulary.ts";

/** Alone, within a word, on either side of a sigma, between marks that change places. */
function contexts(character: string): string {
  return [
    character,
    `a${character}B`,
    `\u0391\u03a3${character}`,
    `\u0391\u03a3${character}\u0391`,
    `\u0391${character}\u03a3`,
    `${character}\u03a3`,
    `x\u302e${character}\u{1d165}y`,
  ].join(" ");
}

function spelled(words: readonly string[]): string {
  return words.map((word) => [...word].join(" ##")).join(" ");
}

/** Taken together, which is faster than one by one. */
const BLOCK = 64;

test.skipIf(!isSameUnicode)(`every code point becomes what the oracle says (${unicodeVersions})`, async () => {
  const tokenizer = await ErnieTokenizer.fromVocabulary(spellingVocabulary().join("\n"));
  const wrong: string[] = [];
  let clean = "";
  let expected = "";
  for (let first = 0; first <= 0x10ffff; first += BLOCK) {
    const text = Array.from({ length: BLOCK }, (_, index) => contexts(String.fromCodePoint(first + index))).join(" ");
    const before = clean;
    clean = oracleClean(text);
    // Most blocks hold only what is cleaned away.
    if (clean !== before) expected = spelled(oracleWords(clean));
    if (tokenizer.tokenize(text).join(" ") !== expected) wrong.push(`${BLOCK} from ${first.toString(16)}`);
  }
  expect(wrong).toEqual([]);
});
