import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { VocabularyError } from "../../packages/ernie-tokenizer-wasm/src/vocabulary-error.ts";
import { mutated } from "./mutation.ts";
import { FILE, PARSERS, tryParser } from "./parsers.ts";

/** The inputs that once failed: [parser, file]. */
const CRASHERS = PARSERS.flatMap(({ name }) => {
  const folder = new URL(`crashers/${name}/`, import.meta.url);
  return existsSync(folder) ? readdirSync(folder).map((file) => [name, new URL(file, folder)] as const) : [];
});

describe.each(PARSERS)("$name", (parser) => {
  test("reads files of its corpus", async () => {
    const came = await Promise.all(parser.corpus().map((bytes) => tryParser(parser, bytes)));
    expect(came).toContain("value");
  });

  test("gives a value or a typed error on some hundred inputs", async () => {
    const corpus = parser.corpus();
    const came = new Set<string>();
    for (let index = 0; index < 300; index++)
      came.add(await tryParser(parser, mutated(corpus, 17, parser.name, index)));
    expect([...came].every((each) => each === "value" || each === "error")).toBe(true);
  });
});

test("an input is made of its seed, its parser and its number alone", () => {
  const corpus = [new TextEncoder().encode("one"), new TextEncoder().encode("two")];
  const inputs = Array.from({ length: 50 }, (_, index) => mutated(corpus, 3, "list", index));
  expect(inputs).toEqual(Array.from({ length: 50 }, (_, index) => mutated(corpus, 3, "list", index)));
  expect(new Set(inputs.map(String)).size).toBeGreaterThan(20);
  expect(mutated(corpus, 4, "list", 0)).not.toEqual(inputs[0]);
});

test.each(CRASHERS)("what failed once fails no more: %s, %s", async (name, file) => {
  const parser = PARSERS.find((each) => each.name === name);
  expect(parser && (await tryParser(parser, new Uint8Array(readFileSync(file))))).toMatch(/^(value|error)$/);
});

describe("what counts as a failure", () => {
  const reading = (read: () => unknown) => tryParser({ name: "a", read, corpus: () => [] }, new Uint8Array(0));
  const throwing = (error: Error) => reading(() => Promise.reject(error));

  test("an error of another class", async () => {
    await expect(throwing(new RangeError("no"))).rejects.toThrow(new RangeError("no"));
  });

  test("a message of another file, a long one, and one with what cannot be seen", async () => {
    const { FormatError } = await import("../../src/formats/index.ts");
    await expect(throwing(new FormatError("b", undefined, "no."))).rejects.toThrow("does not begin with the file");
    await expect(throwing(new FormatError(FILE, undefined, "no".repeat(900)))).rejects.toThrow("has 1808 characters");
    await expect(throwing(new VocabularyError("\u202e"))).rejects.toThrow("cannot be seen");
    expect(await throwing(new FormatError(FILE, undefined, "no."))).toBe("error");
    expect(await reading(() => 5)).toBe("value");
  });
});
