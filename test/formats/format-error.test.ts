import { describe, expect, test } from "vitest";
import { describeValue, FormatError, quote, quoteList } from "../../src/formats/format-error.ts";

describe("FormatError", () => {
  test("is a sentence with file and place", () => {
    const error = new FormatError("features/a.pkl", "byte 120", "expected a NumPy array. Got a list.");
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("FormatError");
    expect(error.file).toBe("features/a.pkl");
    expect(error.place).toBe("byte 120");
    expect(error.message).toBe("features/a.pkl, byte 120: expected a NumPy array. Got a list.");
  });

  test("has no comma without a place", () => {
    expect(new FormatError("a.pkl", undefined, "is empty.").message).toBe("a.pkl: is empty.");
  });
});

test("quote shows what is invisible and cuts what is long", () => {
  expect(quote("短视频")).toBe('"短视频"');
  expect(quote('a"b\n')).toBe('"a\\"b\\n"');
  expect(quote("\u001b[31m\u007f\u202e\u2028")).toBe('"\\u001b[31m\\u{7f}\\u{202e}\\u{2028}"');
  expect(quote("x".repeat(100))).toBe(`"${"x".repeat(60)}..."`);
});

test("quoteList shows what is in a list", () => {
  expect(quoteList([1, [2n ** 60n, "a\u202e"], null])).toBe('[1,["1152921504606846976","a\\u{202e}"],null]');
  expect(quoteList(new Array(100).fill(1))).toBe(`[${"1,".repeat(29)}1...`);
});

test("describeValue names every kind of parsed value", () => {
  const values = [null, undefined, true, 3.5, 2n ** 70n, "a", new Uint8Array(3), [1], new Map(), { shape: [3, 6] }, {}];
  expect(values.map(describeValue)).toEqual([
    "no value",
    "no value",
    "true",
    "3.5",
    "a very large whole number",
    'the text "a"',
    "3 bytes",
    "a list",
    "a dict",
    "an array of shape (3, 6)",
    "another object",
  ]);
});
