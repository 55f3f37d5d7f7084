import { describe, expect, test } from "vitest";
import { FormatError, quote } from "../../src/formats/format-error.ts";
import { visible, visibleJson } from "../../src/formats/visible-text.ts";

describe("text from a file, as it is shown", () => {
  test.each([
    [
      "a control character",
      "\u001b[2J a\nb\r\t\u0007\u009b31m\u007f",
      "\\u{1b}[2J a\\u{a}b\\u{d}\\u{9}\\u{7}\\u{9b}31m\\u{7f}",
    ],
    ["the direction of writing", "cat\u202egpj.exe\u2066", "cat\\u{202e}gpj.exe\\u{2066}"],
    ["a byte order mark", "\ufefflabel", "\\u{feff}label"],
    ["blanks that are no plain ones", "a\u00a0b\u3000c\u2009d", "a\\u{a0}b\\u{3000}c\\u{2009}d"],
    ["blanks of no width", "a\u200bb\u2060c\u00add", "a\\u{200b}b\\u{2060}c\\u{ad}d"],
    ["line ends", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
    ["a half of a character", "a\ud83d", "a\\u{d83d}"],
    ["a filler", "a\u3164b\u{e0041}", "a\\u{3164}b\\u{e0041}"],
    ["a joiner that joins nothing", "a\u200db1\ufe0f", "a\\u{200d}b1\\u{fe0f}"],
  ])("shows %s by its number", (_, text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(visible(shown)).toBe(shown);
    expect(visibleJson(JSON.stringify(text))).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(visibleJson(JSON.stringify(text)))).toBe(text);
  });

  test.each(['《我的》 👩‍👩‍👧 👩🏽‍🚀 ❤️ 1️⃣ "é" \\n', "e\u0301 \u0915\u094d\u0937"])("keeps %s", (text) => {
    expect(visible(text)).toBe(text);
    expect(visibleJson(`{\n${JSON.stringify(text)}`)).toBe(`{\n${JSON.stringify(text)}`);
  });

  test("is so in messages too", () => {
    expect(quote("a\u00a0b\u202e")).toBe('"a\\u{a0}b\\u{202e}"');
    expect(new FormatError("a\u202e.txt", "line 1", "expected a label. Got \u001b[2J.").message).toBe(
      "a\\u{202e}.txt, line 1: expected a label. Got \\u{1b}[2J.",
    );
  });
});
