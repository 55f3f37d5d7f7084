import { describe, expect, test } from "vitest";
import { readPythonLiteral } from "../../src/paddle/index.ts";
import { bytesOf, messageOf } from "../formats/golden.ts";

const read = (text: string) => readPythonLiteral(text, { file: "conf.txt" });
const message = (text: string) => messageOf(() => read(text));

describe("values, as Python's ast.literal_eval gives them", () => {
  test.each<[string, unknown]>([
    ["None", null],
    ["True", true],
    ["False", false],
    ["0", 0],
    ["00_0", 0],
    ["-12", -12],
    ["+7", 7],
    ["- 5", -5],
    ["1_000_000", 1_000_000],
    ["0xFf", 255],
    ["0x_1F", 31],
    ["0o17", 15],
    ["0b1_01", 5],
    ["9007199254740993", 9007199254740993n],
    ["-1208925819614629174706176", -(2n ** 80n)],
    ["1.5", 1.5],
    ["1.", 1],
    [".5", 0.5],
    ["007.5", 7.5],
    ["8e-4", 0.0008],
    ["1_0.2_5E+0_2", 1025],
    ["1e400", Number.POSITIVE_INFINITY],
    ["-0.0", -0],
    ["-0", 0],
    ["'a'", "a"],
    ['"it\'s"', "it's"],
    ["'''a\n'b'\"c\"'''", "a\n'b'\"c\""],
    ['"""a"b"""', 'a"b'],
    ["''", ""],
    ["'影视'", "影视"],
    ["'\\n\\t\\\\\\'\\x41\\101\\0\\u4e2d\\U0001F600'", "\n\t\\'AA\0中😀"],
    ["'\\a\\b\\f\\v\\r\\q'", "\x07\b\f\v\r\\q"],
    ["'a\\\nb'", "ab"],
    ["r'\\n\\''", "\\n\\'"],
    ["R'a'", "a"],
    ["u'é'", "é"],
    ["'a' \"b\" '''c'''", "abc"],
    ["b'a\\x00\\xff\\u1234'", bytesOf("a", 0, 0xff, "\\u1234")],
    ["rb'\\x'", bytesOf("\\x")],
    ["b'\\777'", bytesOf(0xff)],
    ["'\\777'", "\u01ff"],
    ["Br'\\x' b'y'", bytesOf("\\xy")],
    ["[]", []],
    ["[1, 'a', None]", [1, "a", null]],
    ["[1,\n 2, # two\n]", [1, 2]],
    ["[[2048], [128], [5, 50, 1]]", [[2048], [128], [5, 50, 1]]],
    ["()", []],
    ["(1)", 1],
    ["(1,)", [1]],
    ["(1, (2, 3))", [1, [2, 3]]],
    ["1, 2", [1, 2]],
    ["1,  # one\n", [1]],
    ["{}", new Map()],
    [
      "{'a': 1, 2: [3], None: {},}",
      new Map<unknown, unknown>([
        ["a", 1],
        [2, [3]],
        [null, new Map()],
      ]),
    ],
    ["{'__proto__': 1}", new Map([["__proto__", 1]])],
    ["64  # a comment", 64],
    ["  # before\n 64\n# after\n", 64],
  ])("%j", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe("what is no literal", () => {
  test.each([
    ["", "line 1, column 1: expected a Python literal. Got the end."],
    ["./datasets/", 'line 1, column 1: expected a number. Got "./datasets/".'],
    ["datasets", 'line 1, column 1: expected a Python literal. Got "datasets".'],
    ["Nonesuch", 'line 1, column 1: expected a Python literal. Got "Nonesuch".'],
    ["__import__('os')", "line 1, column 1: expected a Python literal. Got \"__import__('os')\"."],
    ["2 * 3", 'line 1, column 3: expected the end. Got "* 3".'],
    ["1 2", 'line 1, column 3: expected the end. Got "2".'],
    ["1\n2", 'line 2, column 1: expected the end. Got "2".'],
    ["1j", 'line 1, column 1: expected a number. Got "1j".'],
    ["1__0", 'line 1, column 1: expected a number. Got "1__0".'],
    ["0777", 'line 1, column 1: expected a number. Got "0777".'],
    ["0x", 'line 1, column 1: expected a number. Got "0x".'],
    ["1.5.2", 'line 1, column 1: expected a number. Got "1.5.2".'],
    ["-'a'", "line 1, column 2: expected a number. Got \"'a'\"."],
    ["f'a'", "line 1, column 1: expected a Python literal. Got \"f'a'\"."],
    ["'a", "line 1, column 3: expected the end of the string or a whole escape. Got the end."],
    ["'a\nb'", 'line 1, column 3: expected the end of the string or a whole escape. Got "\\nb\'".'],
    ["r'a\\", 'line 1, column 4: expected the end of the string. Got "\\\\".'],
    ["'\\x4'", 'line 1, column 2: expected the end of the string or a whole escape. Got "\\\\x4\'".'],
    ["'\\u12'", "line 1, column 2: expected \\uXXXX or \\UXXXXXXXX with the number of a character."],
    ["'\\N{DASH}'", "line 1, column 2: expected \\uXXXX or \\UXXXXXXXX with the number of a character."],
    ["'\\U00110000'", "line 1, column 2: expected \\uXXXX or \\UXXXXXXXX with the number of a character."],
    ["b'é'", "line 1, column 3: expected ASCII in bytes."],
    ["'a' b'b'", "line 1, column 1: expected text or bytes. Got both beside each other."],
    ["[1, 2", "line 1, column 6: expected a comma or ]. Got the end."],
    ["[1 2]", 'line 1, column 4: expected a comma or ]. Got "2]".'],
    ["[,]", 'line 1, column 2: expected a Python literal. Got ",]".'],
    ["(1", "line 1, column 3: expected a comma or ). Got the end."],
    ["{1}", 'line 1, column 3: expected a colon. Got "}".'],
    ["{1: 2 3: 4}", 'line 1, column 7: expected a comma or }. Got "3: 4}".'],
    ["{[1]: 2}", "line 1, column 2: expected a text or a number as a dict's key."],
    ["[1,\n  x]", 'line 2, column 3: expected a Python literal. Got "x]".'],
    [`${"[".repeat(101)}`, "line 1, column 101: nested deeper than 100 levels."],
    ["9".repeat(401), "line 1, column 1: expected a number of at most 400 characters."],
  ])("%j", (text, expected) => {
    expect(message(text)).toBe(`conf.txt, ${expected}`);
  });

  test("has the largest number within its bounds", () => {
    expect(read("9".repeat(400))).toBe(BigInt("9".repeat(400)));
    expect(read("[".repeat(100) + "]".repeat(100))).toHaveLength(1);
  });
});

test("long inputs end soon, in a value or an error", () => {
  const length = 2_000_000;
  expect(read(`${" ".repeat(length)}1`)).toBe(1);
  expect(read(`[${"#\n".repeat(length / 2)}]`)).toEqual([]);
  expect(read(`'${"\\n".repeat(length / 2)}'`)).toBe("\n".repeat(length / 2));
  expect(message("1".repeat(length))).toMatch(/at most 400 characters/);
  expect(message(`1.${"1_1".repeat(length / 3)}`)).toMatch(/at most 400 characters/);
  expect(message("[".repeat(length))).toMatch(/nested deeper/);
});
