import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

describe("texts far larger than files of their kind", () => {
  const program = fileURLToPath(new URL("read-large-texts.ts", import.meta.url));
  const output = execFileSync(process.execPath, ["--max-old-space-size=300", "--import", "tsx", program], {
    encoding: "utf8",
  });
  const { results, slowest, megabytes } = JSON.parse(output) as {
    readonly results: Readonly<Record<string, string>>;
    readonly slowest: number;
    readonly megabytes: number;
  };

  test("give a value or a sentence each", () => {
    expect(results).toEqual({
      "a class file of blank lines": "a: expected at most 1048576 lines. Got 8388609.",
      "a class file of blank lines that are still few":
        '["a, line 1001: expected a label. Got a blank line.","a: 1047573 more lines are wrong."]',
      "a value of letters": "a: expected at most 1048576 characters. Got 4500008.",
      "a shorter value of letters": "1",
      "a configuration of sections": "a: expected at most 1048576 characters. Got 19860410.",
      "a shorter configuration of sections": "a, line 1001: expected at most 1000 sections. Got more.",
      "a configuration of keys": "1",
      "a configuration of continued lines": "1",
      "a literal of letters":
        'a, line 1, column 1: expected a Python literal. Got "视视视视视视视视视视视视视视视视视视视视".',
      "a text literal": "4500000",
      "a number of digits": "a, line 1, column 1: expected a number of at most 400 characters.",
      "lines, then an error": 'a, line 8388609, column 1: expected a key in quotes. Got "x".',
      "space, then an error": 'a, line 1, column 8388610: expected a key in quotes. Got "x".',
      "a list of blank lines that is not UTF-8":
        "a, line 8388609: expected UTF-8 text. Got bytes that are not valid UTF-8.",
      "a list of tabs": "[]",
      "metrics of blank lines": "a, line 8388609: expected the key epoch. Got none.",
      "a vocabulary that is not UTF-8": "Vocabulary, line 8388609: it must be UTF-8.",
      "a vocabulary of blank lines": "Vocabulary: it must have at most 4194304 lines. It has more.",
    });
  });

  test("and take little time and memory, on a machine that is busy with other things", () => {
    expect(slowest).toBeLessThan(20_000);
    expect(megabytes).toBeLessThan(1000);
  });
});
