import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonValue, parseJson, writeJson } from "../../src/formats/json.ts";
import { messageOf } from "./golden.ts";

const parse = (text: string) => parseJson(text, "a.json");

/** Maps as the objects that JSON.parse makes. */
function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Map ? Object.fromEntries([...value].map(([key, item]) => [key, plain(item)])) : value;
}

function fail(): never {
  throw new Error("refused");
}

describe("parseJson", () => {
  test("gives what JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.json({ depthSize: "large" }), fc.constantFrom(undefined, 1, "\t"), (text, indent) => {
        const value = JSON.parse(text);
        expect(plain(parse(JSON.stringify(value, undefined, indent)))).toEqual(value);
      }),
    );
  });

  test("refuses what JSON.parse refuses", () => {
    const characters = fc.constantFrom(..."[]{}\",:0123.eE+-truefalsn\\u \n/'");
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 12 }), (text) => {
        let accepted = true;
        try {
          // A number that no double holds is refused too.
          JSON.parse(text, (_, value) => (value === Infinity || value === -Infinity ? fail() : value));
        } catch {
          accepted = false;
        }
        if (accepted) expect(plain(parse(text))).toEqual(JSON.parse(text));
        else expect(messageOf(() => parse(text))).toMatch(/^a\.json, line \d+, column \d+: /);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ["", "line 1, column 1: expected a JSON value. Got the end."],
    ["[1,]", 'line 1, column 4: expected a JSON value. Got "]".'],
    ['{"a" 1}', 'line 1, column 6: expected a colon. Got "1}".'],
    ["{a: 1}", 'line 1, column 2: expected a key in quotes. Got "a: 1}".'],
    ['"a', "line 1, column 1: expected the end of the string. Got the end."],
    ['"\\', "line 1, column 1: expected the end of the string. Got the end."],
    ['"\\q"', "line 1, column 1: expected a string without control characters and with known escapes."],
    ["1 2", 'line 1, column 3: expected the end. Got "2".'],
    ['{"a": 1,\n "a": 2}', 'line 2, column 2: key "a" comes twice.'],
    ["[".repeat(200_000), "line 1, column 101: nested deeper than 100 levels."],
  ])("%j", (text, expected) => {
    expect(messageOf(() => parse(text))).toBe(`a.json, ${expected}`);
  });

  test("no more brackets than fit into memory", () => {
    expect(messageOf(() => parse(`[${"[],".repeat(2 ** 20)}1]`))).toMatch(
      /: expected at most 1048576 brackets\. Got more\.$/,
    );
  });

  test("keys that mean something to JavaScript are keys like others", () => {
    expect(parse('{"__proto__": {"polluted": true}}')).toEqual(new Map([["__proto__", new Map([["polluted", true]])]]));
    expect("polluted" in {}).toBe(false);
  });
});

test.each(["1e999", "-1e309", `[1, 17976931348623159${"0".repeat(292)}]`])(
  "parseJson refuses %s, which no double holds",
  (text) => {
    expect(() => parse(text)).toThrow("expected a number of at most 1.8e308.");
  },
);

test("writeJson refuses a number that is not finite, and names it", () => {
  expect(writeJson({ a: [1, null, "NaN"] }, 0)).toBe('{"a":[1,null,"NaN"]}');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(() => writeJson({ calibration: { temperature: value } })).toThrow(
      new RangeError(`A number must be finite to be written as JSON. Got ${value} for "temperature".`),
    );
  }
});
