import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { ErnieTokenizer } from "../src/index.ts";

/** What the reference's tokenizer made of each text: its tokens, and the ids cut at 50. */
type Row = { readonly text: string; readonly tokens: string[]; readonly ids: number[] };

const vocabulary = readFileSync(new URL("fixtures/vocab.txt", import.meta.url));
const rows = readFileSync(new URL("fixtures/tokenizer.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Row);

describe("the reference's 600 texts", () => {
  let tokenizer: ErnieTokenizer;
  beforeAll(async () => {
    tokenizer = await ErnieTokenizer.fromVocabulary(vocabulary);
  });

  test("tokenize gives its tokens", () => {
    expect(rows).toHaveLength(600);
    for (const { text, tokens } of rows) expect(tokenizer.tokenize(text)).toEqual(tokens);
  });

  test("encode gives its ids", () => {
    for (const { text, ids } of rows) expect([...tokenizer.encode(text, { maxLength: 50 })]).toEqual(ids);
  });

  test("encodeAll gives its ids, one text after another", () => {
    const texts = rows.map(({ text }) => text);
    expect([...tokenizer.encodeAll(texts, { maxLength: 50 }).ids]).toEqual(rows.flatMap(({ ids }) => ids));
  });

  test("encodeBatch gives its ids, padded", () => {
    const { ids, width, lengths } = tokenizer.encodeBatch(
      rows.map(({ text }) => text),
      { maxLength: 50 },
    );
    expect(width).toBe(50);
    expect([...lengths]).toEqual(rows.map((row) => row.ids.length));
    const padded = rows.flatMap((row) => [...row.ids, ...new Array<number>(50 - row.ids.length).fill(0)]);
    expect([...ids]).toEqual(padded);
  });
});
