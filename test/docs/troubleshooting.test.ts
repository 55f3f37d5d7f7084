import { readFileSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
import { describe, expect, test } from "vitest";
import { ROOT } from "./code-blocks.ts";
import { errorSentences, sentencesOf } from "./error-sentences.ts";

const PAGE = "docs/troubleshooting.md";

/** What the page calls messages: the code in the first column of its tables. */
function entries(page: string): string[] {
  const tokens = new MarkdownIt().parse(page, {});
  return tokens.flatMap(({ type, children }, index) => {
    const opening = tokens[index - 1];
    const isFirst = opening?.type === "td_open" && tokens[index - 2]?.type === "tr_open";
    return type === "inline" && isFirst
      ? (children ?? []).filter((child) => child.type === "code_inline").map((child) => child.content)
      : [];
  });
}

/** An entry is the beginning of a message; its own `…` at the end stands for the rest. */
const isOf = (entry: string, message: string) => message.startsWith(entry.replace(/ ?…\.?$/, ""));

describe("the page of error messages", () => {
  const known = entries(readFileSync(join(ROOT, PAGE), "utf8"));
  const sentences = errorSentences();

  test("has every message of the sources", () => {
    const missing = sentences.filter(({ text }) => !known.some((entry) => isOf(entry, text)));
    expect(missing.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
  });

  test("has no message that the sources do not have", () => {
    expect(known.filter((entry) => !sentences.some(({ text }) => isOf(entry, text)))).toEqual([]);
  });

  test("has each message once, by two words of it at least", () => {
    expect(known.filter((entry, index) => known.indexOf(entry) !== index)).toEqual([]);
    expect(known.filter((entry) => (entry.match(/\w+/g) ?? []).length < 2 && !/^\w+: …$/.test(entry))).toEqual([]);
  });
});

describe("what is taken for a message", () => {
  /** In these sources <n> stands for a value in a template. */
  const textsOf = (code: string, file = "a.ts") => {
    return sentencesOf(file, code.replace(/<(\w+)>/g, "$${$1}")).map(({ text }) => text);
  };

  test.each([
    ['new ShapeError("Text must have rows.")', "Text must have rows."],
    ["new FormatError(file, `line <n>`, `expected a label. Got <l>.`)", "expected a label. Got …."],
    ["new Error(`<file>, <place>: it is <state>.`)", "it is …."],
    ["reader.error(`expected <count> ` + `bytes. Got <rest>.`)", "expected … bytes. Got …."],
    ["class A extends Error { name = 1; constructor() { super(`no row <n>.`); } }", undefined],
    ["class AnError extends Error { constructor() { super(`no row <n>.`); } }", "no row …."],
    ["const problem = `size must be even. Got <size>.`;", "size must be even. Got …."],
  ])("%s", (code, message) => {
    expect(textsOf(code)).toEqual(message === undefined ? [] : [message]);
  });

  test("other texts are none", () => {
    const code = "say(`It has <count> rows.`); new Map([[`line <n>`, 1]]); throw new Error(`<what> Got <x>.`)";
    expect(textsOf(code)).toEqual([]);
  });

  test("but in files of messages they are", () => {
    const code = 'const PROBLEMS = { EMFILE: "too many files are open." };';
    expect(textsOf(code, "src/node/files.ts")).toEqual(["too many files are open."]);
  });
});
