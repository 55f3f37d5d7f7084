import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isQuotedText, literalRecords, quotedRecords } from "../../src/formats/tab-records.ts";

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;

describe("a text is quoted as CSV programs write it", () => {
  test.each([
    ['a\t"the ""best"" cat"\tb\n', true],
    ['"a"\t"b"\r\n"c"\t""', true],
    ['a\t"two\nlines"\tb', true],
    ['a\t"tab\there"\tb', true],
    ["a\tb\n", false],
    ['a\t"b" c\n', false],
    ['a\tsay "b"\n', false],
    ['a\t"b\n', false],
    ['a\t"good"\tb\nc\t5" d\te\n', false],
    // Two titles that begin and end with a mark swallow the rows between them in a CSV reader.
    ['a\t"one\tx\nb\ttwo"\ty\n', false],
  ])("%j: %s", (text, expected) => {
    expect(isQuotedText(text)).toBe(expected);
  });
});

test("what a CSV program wrote comes back, with the line in which each row begins", () => {
  const field = fc.string({ unit: fc.constantFrom("a", '"', "\t", " ", "，") });
  const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(rows, fc.constantFrom("\n", "\r\n"), fc.boolean(), (fields, end, always) => {
      const write = (one: string) => (always || /["\t]/.test(one) ? quoted(one) : one);
      const text = fields.map((row) => row.map(write).join("\t")).join(end);
      const records = [...(isQuotedText(text) ? quotedRecords(text) : literalRecords(text))];
      expect(records).toEqual(fields.map((row, index) => ({ line: index + 1, fields: row })));
    }),
  );
});

test("a quoted field may go over lines", () => {
  expect([...quotedRecords('a\t"x\ny"\tb\nc\td\n')]).toEqual([
    { line: 1, fields: ["a", "x\ny", "b"] },
    { line: 3, fields: ["c", "d"] },
    { line: 4, fields: [""] },
  ]);
});
