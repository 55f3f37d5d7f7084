import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { ErnieTokenizer } from "../src/index.ts";
import { oracleCut } from "./oracle.ts";

const VOCABULARY = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "a", "b", "##b", "##c", "!", "\u4e2d"];

let tokenizer: ErnieTokenizer;
beforeAll(async () => {
  tokenizer = await ErnieTokenizer.fromVocabulary(VOCABULARY.join("\n"));
});

const text = fc.array(fc.constantFrom("a", "b", "c", "!", "\u4e2d", " ", "\u0301", "\ud800"), { maxLength: 20 });
const anyText = fc.oneof(
  text.map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);
const maxLength = fc.oneof(fc.integer({ min: 2, max: 12 }), fc.constantFrom(2 ** 31, 2 ** 32 + 5, 2 ** 53));

describe("encode", () => {
  test("puts [CLS] before the ids and [SEP] after them", () => {
    expect(tokenizer.encode("ab a!", { maxLength: 10 })).toEqual(Int32Array.of(1, 4, 6, 4, 8, 2));
    expect(tokenizer.encode("", { maxLength: 10 })).toEqual(Int32Array.of(1, 2));
  });

  test("cuts the pieces, within a word too, so that the ids are maxLength at most", () => {
    expect([...tokenizer.encode("ab a!", { maxLength: 3 })]).toEqual([1, 4, 2]);
    expect([...tokenizer.encode("ab a!", { maxLength: 2 })]).toEqual([1, 2]);
    fc.assert(
      fc.property(anyText, maxLength, (text, maxLength) => {
        const all = tokenizer.encode(text, { maxLength: 1000 });
        const expected = [...all.slice(0, Math.min(maxLength - 1, all.length - 1)), 2];
        expect([...tokenizer.encode(text, { maxLength })]).toEqual(expected);
      }),
    );
  });

  test.each([1, 0, -2, 2.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses maxLength %d", (maxLength) => {
    const error = new RangeError(`maxLength must be a whole number of 2 or more. Got ${maxLength}.`);
    expect(() => tokenizer.encode("a", { maxLength })).toThrow(error);
    expect(() => tokenizer.encodeBatch([], { maxLength })).toThrow(error);
    expect(() => tokenizer.encodePair("a", "b", { maxLength })).toThrow(error);
  });

  test("refuses what is not a string", () => {
    const error = new TypeError("A text must be a string. Got number.");
    expect(() => tokenizer.encode(7 as unknown as string, { maxLength: 5 })).toThrow(error);
    expect(() => tokenizer.encodeBatch(["a", 7 as unknown as string], { maxLength: 5 })).toThrow(error);
  });

  test("gives ids that stay when the tokenizer goes on", () => {
    const ids = tokenizer.encode("ab", { maxLength: 10 });
    tokenizer.encode("!!!!!!", { maxLength: 10 });
    expect([...ids]).toEqual([1, 4, 6, 2]);
  });
});

describe("encodeAll", () => {
  test("is encode for each text, one after another", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 5 }), maxLength, (texts, maxLength) => {
        const { ids, ends } = tokenizer.encodeAll(texts, { maxLength });
        const rows = texts.map((text) => [...tokenizer.encode(text, { maxLength })]);
        expect([...ids]).toEqual(rows.flat());
        expect(Array.from(ends, (end, row) => [...ids.subarray(ends[row - 1] ?? 0, end)])).toEqual(rows);
      }),
    );
  });
});

describe("into", () => {
  const texts = ["ab a!", "", "b"];

  test("takes a batch's ids where they lie, and nothing beside them", () => {
    const { buffer } = new WebAssembly.Memory({ initial: 1 });
    const all = new Int32Array(buffer).fill(-1);
    const { ids, width, lengths } = tokenizer.encodeBatch(texts, {
      maxLength: 10,
      into: (size) => {
        expect(size).toBe(18);
        return new Int32Array(buffer, 12, size);
      },
    });
    expect([...all.subarray(0, 22)]).toEqual(
      [[-1, -1, -1], [1, 4, 6, 4, 8, 2], [1, 2, 0, 0, 0, 0], [1, 5, 2, 0, 0, 0], [-1]].flat(),
    );
    expect([ids.byteOffset, width, [...lengths]]).toEqual([12, 6, [6, 2, 3]]);
  });

  test("takes unpadded ids; what is longer is filled from its beginning", () => {
    const places = new Int32Array(13).fill(-1);
    const { ids, ends } = tokenizer.encodeAll(texts, { maxLength: 10, into: () => places });
    expect(ids).toBe(places);
    expect([...ids]).toEqual([1, 4, 6, 4, 8, 2, 1, 2, 1, 5, 2, -1, -1]);
    expect([...ends]).toEqual([6, 8, 11]);
  });

  test("refuses what is too short, and writes nothing", () => {
    const places = new Int32Array(10);
    const into = () => places;
    const error = (size: number) => new RangeError(`into must give ${size} places or more. Got 10.`);
    expect(() => tokenizer.encodeBatch(texts, { maxLength: 10, into })).toThrow(error(18));
    expect(() => tokenizer.encodeAll(texts, { maxLength: 10, into })).toThrow(error(11));
    expect([...places]).toEqual(Array(10).fill(0));
  });
});

describe("encodeBatch", () => {
  test("is encode for each text, padded to the longest", () => {
    fc.assert(
      fc.property(fc.array(anyText), maxLength, (texts, maxLength) => {
        const { ids, width, lengths } = tokenizer.encodeBatch(texts, { maxLength });
        const rows = texts.map((text) => [...tokenizer.encode(text, { maxLength })]);
        expect(width).toBe(Math.max(0, ...rows.map((row) => row.length)));
        expect([...lengths]).toEqual(rows.map((row) => row.length));
        expect([...ids]).toEqual(rows.flatMap((row) => [...row, ...new Array<number>(width - row.length).fill(0)]));
      }),
    );
  });

  test("keeps a surrogate at the end of a text from one at the start of the next", async () => {
    const { lengths } = tokenizer.encodeBatch(["a\ud840", "\udc00a"], { maxLength: 10 });
    expect([...lengths]).toEqual([3, 3]);
    // Together they would be U+10400, which is cased.
    const greek = await ErnieTokenizer.fromVocabulary("[PAD]\n[CLS]\n[SEP]\n[UNK]\n\u03c3\n\u03c2\n");
    expect([...greek.encodeBatch(["\ud801", "\udc00\u03a3"], { maxLength: 3 }).ids]).toEqual([1, 2, 0, 1, 4, 2]);
  });

  test("pads with the id of [PAD], whatever it is", async () => {
    const other = await ErnieTokenizer.fromVocabulary("[PAD]\t9\n[CLS]\n[SEP]\n[UNK]\na\n");
    expect([...other.encodeBatch(["a", ""], { maxLength: 5 }).ids]).toEqual([1, 4, 2, 1, 2, 9]);
  });

  test("refuses texts that WebAssembly's memory cannot hold, and goes on", () => {
    const quarter = "a".repeat(2 ** 28);
    const message = "The texts and their tokens must fit into 4 GB, WebAssembly's memory. They do not.";
    for (const count of [9, 17]) {
      const texts = new Array<string>(count).fill(quarter);
      expect(() => tokenizer.encodeBatch(texts, { maxLength: 10 })).toThrow(new RangeError(message));
    }
    expect([...tokenizer.encode("ab", { maxLength: 10 })]).toEqual([1, 4, 6, 2]);
  });
});

describe("encodePair", () => {
  test("puts both texts in one row and tells them apart", () => {
    const { ids, sentenceIds } = tokenizer.encodePair("ab", "! a", { maxLength: 10 });
    expect(ids).toEqual(Int32Array.of(1, 4, 6, 2, 8, 4, 2));
    expect(sentenceIds).toEqual(Int32Array.of(0, 0, 0, 0, 1, 1, 1));
  });

  test("takes pieces from the longer text, from the second of equals", () => {
    const pair = (first: string, second: string, maxLength: number) => [
      ...tokenizer.encodePair(first, second, { maxLength }).ids,
    ];
    expect(pair("a!a!", "!", 6)).toEqual([1, 4, 8, 2, 8, 2]);
    expect(pair("!", "a!a!", 6)).toEqual([1, 8, 2, 4, 8, 2]);
    expect(pair("a!a!", "!!!!", 8)).toEqual([1, 4, 8, 4, 2, 8, 8, 2]);
    expect(pair("a", "a", 4)).toEqual([1, 4, 2, 2]);
    expect(pair("", "a!", 4)).toEqual([1, 2, 4, 2]);
    expect(pair("a", "a", 3)).toEqual([1, 2, 2]);
  });

  test("is one text when the second has no pieces", () => {
    const { ids, sentenceIds } = tokenizer.encodePair("a!a!", " \u0301", { maxLength: 4 });
    expect([...ids]).toEqual([1, 4, 8, 2]);
    expect([...sentenceIds]).toEqual([0, 0, 0, 0]);
    expect([...tokenizer.encodePair("a!a!", "", { maxLength: 2 }).ids]).toEqual([1, 2]);
  });

  test("needs a maxLength of 3 for two texts", () => {
    const error = new RangeError("maxLength must be a whole number of 3 or more for two texts. Got 2.");
    expect(() => tokenizer.encodePair("a", "b", { maxLength: 2 })).toThrow(error);
  });

  test("cuts any two texts by the rule", () => {
    fc.assert(
      fc.property(anyText, anyText, fc.integer({ min: 3, max: 12 }), (first, second, maxLength) => {
        const one = [...tokenizer.encode(first, { maxLength: 1000 })].slice(1, -1);
        const two = [...tokenizer.encode(second, { maxLength: 1000 })].slice(1, -1);
        const { ids, sentenceIds } = tokenizer.encodePair(first, second, { maxLength });
        if (two.length === 0) {
          expect(ids).toEqual(tokenizer.encode(first, { maxLength }));
          expect(sentenceIds).toEqual(new Int32Array(ids.length));
          return;
        }
        const [firstLength, secondLength] = oracleCut(one.length, two.length, maxLength - 3);
        expect([...ids]).toEqual([1, ...one.slice(0, firstLength), 2, ...two.slice(0, secondLength), 2]);
        expect([...sentenceIds]).toEqual([...ids].map((_, place) => (place < firstLength + 2 ? 0 : 1)));
      }),
    );
  });
});

describe("decode", () => {
  test("joins pieces and leaves out [CLS], [SEP] and [PAD]", () => {
    expect(tokenizer.decode([1, 4, 6, 7, 8, 9, 3, 2, 0, 0])).toBe("abc ! \u4e2d [UNK]");
    expect(tokenizer.decode(Int32Array.of(6, 7))).toBe("##bc");
    expect(tokenizer.decode([])).toBe("");
  });

  test.each([10, -1, 4.5, Number.NaN])("refuses the id %d, which has no token", (id) => {
    const error = new RangeError(`An id must belong to a token of the vocabulary. Got ${id}.`);
    expect(() => tokenizer.decode([4, id])).toThrow(error);
  });
});

describe("several tokenizers", () => {
  test("do not disturb each other", async () => {
    const other = await ErnieTokenizer.fromVocabulary("a\n##b\n!\n[UNK]\n[SEP]\n[CLS]\n[PAD]");
    const third = await ErnieTokenizer.fromVocabulary("[PAD]\n[CLS]\n[SEP]\n[UNK]");
    for (let round = 0; round < 3; round++) {
      expect([...tokenizer.encode("ab!", { maxLength: 10 })]).toEqual([1, 4, 6, 8, 2]);
      expect([...other.encode("ab!", { maxLength: 10 })]).toEqual([5, 0, 1, 2, 4]);
      expect([...third.encode("ab!", { maxLength: 10 })]).toEqual([1, 3, 3, 2]);
    }
  });
});
