import { describe, expect, test } from "vitest";
import { ErnieTokenizer, VocabularyError } from "../src/index.ts";

const SPECIAL = "[PAD]\n[CLS]\n[SEP]\n[UNK]\n";
const utf8 = (text: string) => new TextEncoder().encode(text);

async function idOf(source: string | Uint8Array, word: string): Promise<number | undefined> {
  const tokenizer = await ErnieTokenizer.fromVocabulary(source);
  return tokenizer.encode(word, { maxLength: 3 })[1];
}

async function errorOf(source: string | Uint8Array): Promise<VocabularyError> {
  const error: unknown = await ErnieTokenizer.fromVocabulary(source).catch((reason: unknown) => reason);
  if (!(error instanceof VocabularyError)) throw new Error("The vocabulary was taken.");
  return error;
}

describe("a vocabulary", () => {
  test("gives a token the id of its second column, or else of its line", async () => {
    const tokenizer = await ErnieTokenizer.fromVocabulary("[PAD]\n[CLS]\t7\n[SEP]\n[UNK]\t2147483647\na\t007\n");
    expect(tokenizer).toMatchObject({ padId: 0, clsId: 7, sepId: 2, unknownId: 2147483647 });
    expect(tokenizer).toMatchObject({ vocabularySize: 5, idLimit: 2147483648 });
    expect([...tokenizer.encode("a b", { maxLength: 9 })]).toEqual([7, 7, 2147483647, 2]);
  });

  test("is the same as text and as bytes, with any line ends, with and without a byte order mark", async () => {
    const text = `${SPECIAL}\u4e2d\nb`;
    for (const source of [text, text.replaceAll("\n", "\r\n"), text.replaceAll("\n", "\r"), `${text}\n`]) {
      for (const marked of [source, `\ufeff${source}`]) {
        expect(await idOf(marked, "\u4e2d")).toBe(4);
        expect(await idOf(utf8(marked), "\u4e2d")).toBe(4);
        expect((await ErnieTokenizer.fromVocabulary(utf8(marked))).vocabularySize).toBe(6);
      }
    }
  });

  test("loses one byte order mark, at the start only", async () => {
    for (const source of [`\ufeff\ufeff${SPECIAL}`, utf8(`\ufeff\ufeff${SPECIAL}`)]) {
      expect((await errorOf(source)).message).toBe("Vocabulary: it has no [PAD] token.");
    }
    expect(await idOf(`${SPECIAL}\ufeffa\na`, "a")).toBe(5);
  });

  test("breaks lines at carriage return and line feed only", async () => {
    const tokenizer = await ErnieTokenizer.fromVocabulary(`${SPECIAL}a\u2028\u0085\u001c\v\f\nb`);
    expect(tokenizer.tokenize("a b")).toEqual(["a", "b"]);
    expect(tokenizer.encode("b", { maxLength: 3 })[1]).toBe(5);
  });

  test("is stripped of what Python calls white space, around lines and columns", async () => {
    expect(await idOf(`${SPECIAL}\u3000\u001f\u0085a \t \u001c9\u00a0\n`, "a")).toBe(9);
    const tokenizer = await ErnieTokenizer.fromVocabulary(`${SPECIAL}\u3000\nb`);
    expect(tokenizer.vocabularySize).toBe(6);
    expect(tokenizer.decode([5])).toBe("b");
    expect(await idOf(`${SPECIAL}\ta`, "a")).toBe(4);
    const wide = `${" ".repeat(100_000)}a`;
    expect((await ErnieTokenizer.fromVocabulary(`${SPECIAL}a${wide}\na`)).decode([4])).toBe(`a${wide}`);
  });

  test("ends at the first line of three columns", async () => {
    const tokenizer = await ErnieTokenizer.fromVocabulary(`${SPECIAL}a\t4\nb\t5\tx\nc\t6\nd\tno number`);
    expect(tokenizer.vocabularySize).toBe(5);
    expect(tokenizer.tokenize("a b c")).toEqual(["a", "[UNK]", "[UNK]"]);
  });

  test("lets the last line of a token count", async () => {
    const tokenizer = await ErnieTokenizer.fromVocabulary(`${SPECIAL}a\nb\na\n`);
    expect(tokenizer.vocabularySize).toBe(6);
    expect([...tokenizer.encode("a b", { maxLength: 4 })]).toEqual([1, 6, 5, 2]);
    expect(() => tokenizer.decode([4])).toThrow(RangeError);
  });

  test("may give two tokens one id: both are read, the last one speaks for it", async () => {
    const tokenizer = await ErnieTokenizer.fromVocabulary(`${SPECIAL}a\t4\nb\t4\n`);
    expect(tokenizer.tokenize("a b")).toEqual(["a", "b"]);
    expect([...tokenizer.encode("a b", { maxLength: 4 })]).toEqual([1, 4, 4, 2]);
    expect(tokenizer.decode([4])).toBe("b");
  });

  test("may hold tokens that no text contains", async () => {
    const tokenizer = await ErnieTokenizer.fromVocabulary(`${SPECIAL}##\nA\n\u00e9\n\ud800\n\na b\n[a]\na\n`);
    expect(tokenizer.vocabularySize).toBe(12);
    expect(tokenizer.tokenize("## A\u00e9\u{10000} [a]")).toEqual(["[UNK]", "[UNK]", "[UNK]", "[UNK]", "a", "[UNK]"]);
  });
});

describe("a vocabulary is refused", () => {
  test.each([
    [
      "an id that is no number",
      `${SPECIAL}a\nb\nc\tx1`,
      'Vocabulary, line 7: the id must be a whole number of 0 or more. Got "x1".',
    ],
    ["a negative id", "a\t-1", 'Vocabulary, line 1: the id must be a whole number of 0 or more. Got "-1".'],
    ["a fraction", "a\n\nb\t1.5", 'Vocabulary, line 3: the id must be a whole number of 0 or more. Got "1.5".'],
    [
      "an id of many bits",
      "a\r\nb\t2147483648",
      'Vocabulary, line 2: the id must be at most 2147483647. Got "2147483648".',
    ],
    [
      "a long id",
      `a\t${"9".repeat(5000)}`,
      `Vocabulary, line 1: the id must be at most 2147483647. Got "${"9".repeat(40)}...".`,
    ],
  ])("for %s", async (_, source, message) => {
    const error = await errorOf(source);
    expect(error.message).toBe(message);
    expect(message).toContain(`line ${error.line}:`);
  });

  test.each(["[PAD]", "[CLS]", "[SEP]", "[UNK]"])("without %s", async (token) => {
    const error = await errorOf(SPECIAL.replace(token, "x"));
    expect(error).toMatchObject({ name: "VocabularyError", message: `Vocabulary: it has no ${token} token.` });
    expect(error.line).toBeUndefined();
  });

  test.each(["", "\ufeff", "a\tb\tc\n[PAD]"])("without any token: %j", async (source) => {
    expect((await errorOf(source)).message).toBe("Vocabulary: it has no tokens.");
    expect((await errorOf(utf8(source))).message).toBe("Vocabulary: it has no tokens.");
  });

  test.each([
    ["at the start", [0xff], 1],
    ["after two kinds of line end", [0x61, 0x0d, 0x0a, 0x62, 0x0d, 0x0a, 0x0a, 0xd6, 0xd0, 0x0a], 4],
    ["in the last line, cut off", [0x61, 0x0d, 0xe4, 0xb8], 2],
    ["for a surrogate", [0x0a, 0xed, 0xa0, 0x80, 0x0a, 0x61], 2],
  ])("for bytes that are not UTF-8 %s", async (_, bytes, line) => {
    const error = await errorOf(Uint8Array.from(bytes));
    expect(error.message).toBe(`Vocabulary, line ${line}: it must be UTF-8.`);
    expect(error.line).toBe(line);
  });
});
