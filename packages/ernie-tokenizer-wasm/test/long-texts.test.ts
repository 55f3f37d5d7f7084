import { beforeAll, describe, expect, test } from "vitest";
import { ErnieTokenizer } from "../src/index.ts";

const VOCABULARY = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "a", "##b", "\u03b1", "##\u03c3", "##\u03c2", "\u4e2d", "!"];
const LENGTH = 5_000_000;

describe("long texts", () => {
  let tokenizer: ErnieTokenizer;
  beforeAll(async () => {
    tokenizer = await ErnieTokenizer.fromVocabulary(VOCABULARY.join("\n"));
  });

  test("5 million units in words and ideographs", () => {
    const text = "\u4e2dAB! \u0391\u03a3\n";
    const repeats = Math.ceil(LENGTH / text.length);
    const ids = tokenizer.encode(text.repeat(repeats), { maxLength: 2 ** 31 });
    const expected = Int32Array.from({ length: repeats * 6 }, (_, index) => [9, 4, 5, 10, 6, 8][index % 6] ?? 0);
    expect(ids.length).toBe(expected.length + 2);
    expect(Buffer.compare(bytesOf(ids.subarray(1, -1)), bytesOf(expected))).toBe(0);
    // The memory has moved; what comes next must not read the old one.
    expect([...tokenizer.encode("ab", { maxLength: 9 })]).toEqual([1, 4, 5, 2]);
  });

  test("5 million units in one word are one unknown word", () => {
    expect(tokenizer.tokenize("a".repeat(LENGTH))).toEqual(["[UNK]"]);
  });

  test.each([
    ["marks that change places", "\u302e\u{1d165}"],
    ["sigmas and what their rule looks through", `\u03a3${"'\u00ad".repeat(1000)}`],
    ["what is cleaned away", "\0"],
  ])("5 million units of %s take no more than linear time", (_, part) => {
    const text = part.repeat(Math.ceil(LENGTH / part.length));
    const begin = performance.now();
    tokenizer.encode(`a ${text} a`, { maxLength: 2 ** 31 });
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});

function bytesOf(ids: Int32Array): Uint8Array {
  return new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
}
