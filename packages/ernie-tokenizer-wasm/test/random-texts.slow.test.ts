import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErnieTokenizer } from "../src/index.ts";
import { oracleTokens } from "./oracle.ts";
import { isSameUnicode, unicodeVersions } from "./runtime-unicode.ts";
import { spellingVocabulary } from "./spelling-vocabulary.ts";

/** Old code points that normalisation, the final sigma's rule, the cleaning or the splitting treats in its own way. */
const difficult = fc.constantFrom(
  ..."aB\u00c9\u00df\u1e9e\u0130\u0131\u01c5\u1fbc\u03a3\u03a3\u03c3\u03c2\u0391\u2126\u212b",
  ..."\u0301\u0323\u0345\u0334\u0e31\u093c\u302a\u302e\u302f\u0b48\u0dda\u1b44\u1bf2\u0f76\u{1d165}\u{1d16d}\u{1d160}",
  ..."\u1100\u1161\u11a8\uac00\uac01\ud7a3\u4e2d\u9fa5\u3400\uf900\ufa0e\u{20000}\u{2f800}\u{2ceb0}",
  ..."'.:\u00b7\u2019\u037e\u1fef\uff0c#$[]\u02b0\u00aa\u{10400}\u{1f600}",
  ..." \t\n\r\v\f\u001c\u0085\u00a0\u3000\u2028\u2029\u0000\ufffd\u200b\u00ad\ufeff\ue000",
  "\ud800",
  "\udc00",
  "##",
  "\u03a3 ",
  "\u0391\u03a3",
  "a".repeat(100),
  "e\u0301".repeat(101),
  "\u{1d7d8}".repeat(99),
);
const anyCodePoint = fc.integer({ min: 0, max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint));

const difficultText = fc.array(difficult, { maxLength: 24 }).map((parts) => parts.join(""));
const anyText = fc
  .array(fc.oneof(difficult, anyCodePoint, fc.string({ unit: "binary" })), { maxLength: 24 })
  .map((parts) => parts.join(""));

describe("random texts", () => {
  test("of difficult code points are normalised as the oracle does", () => expectNormalisation(difficultText));

  test.skipIf(!isSameUnicode)(`of any code points are normalised as the oracle does (${unicodeVersions})`, () =>
    expectNormalisation(anyText),
  );

  test("are cut into the pieces of random vocabularies as the oracle does", async () => {
    const letters = fc.constantFrom("a", "b", "\u4e2d", "\u{1d7d8}", ".", "#", " ");
    const word = fc.array(letters, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
    const token = fc.tuple(fc.constantFrom("", "##"), word).map((parts) => parts.join("").trim());
    const text = fc.array(fc.oneof(letters, fc.constantFrom("A", "ab", "aaaa")), { maxLength: 130 });
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 30 }), fc.array(text, { minLength: 1 }), async (tokens, texts) => {
        const vocabulary = new Set(["[PAD]", "[CLS]", "[SEP]", "[UNK]", ...tokens]);
        const tokenizer = await ErnieTokenizer.fromVocabulary([...vocabulary].join("\n"));
        const ids = new Map([...vocabulary].map((token, id) => [token, id]));
        for (const parts of texts) {
          const expected = oracleTokens(parts.join(""), vocabulary);
          expect(tokenizer.tokenize(parts.join(""))).toEqual(expected);
          const expectedIds = [1, ...expected.map((token) => ids.get(token)), 2];
          expect([...tokenizer.encode(parts.join(""), { maxLength: 1000 })]).toEqual(expectedIds);
        }
      }),
      { numRuns: 300 },
    );
  });
});

async function expectNormalisation(texts: fc.Arbitrary<string>): Promise<void> {
  const tokens = spellingVocabulary();
  const tokenizer = await ErnieTokenizer.fromVocabulary(tokens.join("\n"));
  const vocabulary = new Set(tokens);
  fc.assert(
    fc.property(texts, (text) => {
      expect(tokenizer.tokenize(text)).toEqual(oracleTokens(text, vocabulary));
    }),
    { numRuns: 3000 },
  );
}
