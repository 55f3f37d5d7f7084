import { describe, expect, test } from "vitest";
import { type PickleValue, pickleText, readPickle } from "../../../src/formats/index.ts";
import { littleEndianBytes, type NumericArray } from "../../../src/formats/numeric-array.ts";
import { bytesOf, fixture, messageOf } from "../golden.ts";

const read = (...parts: readonly (number | string | Uint8Array)[]): PickleValue =>
  readPickle(bytesOf(...parts), { file: "a.pkl" });
const message = (...parts: readonly (number | string | Uint8Array)[]): string => messageOf(() => read(...parts));

interface Pickles {
  /** By Python, NumPy and protocol; in base64. */
  readonly pickles: Record<string, string>;
  readonly arrays: Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly data: string }>;
}

describe("what Python and NumPy write", () => {
  const { pickles, arrays } = fixture<Pickles>("numpy-pickles.json");
  const text = "短\\视\n频\x00é😀\\u0041\r\x1a";

  test("is there for four Pythons and all protocols", () => {
    expect(Object.keys(pickles)).toHaveLength(3 + 5 + 6 + 6);
  });

  describe.each(Object.entries(pickles))("%s", (name, base64) => {
    const record = readPickle(new Uint8Array(Buffer.from(base64, "base64")), { file: name });
    const part = (key: string): ReadonlyMap<unknown, PickleValue> => {
      if (record instanceof Map && record.get(key) instanceof Map) return record.get(key);
      throw new Error(`The pickle has no dict ${key}.`);
    };

    test("arrays: every numeric dtype in both byte orders, every layout", () => {
      const stored = part("arrays");
      expect([...stored.keys()].sort()).toEqual(Object.keys(arrays).sort());
      for (const [key, expected] of Object.entries(arrays)) {
        const array = stored.get(key) as NumericArray;
        expect({ key, dtype: array.dtype, shape: array.shape }).toEqual({
          key,
          dtype: expected.dtype,
          shape: expected.shape,
        });
        expect(Buffer.from(littleEndianBytes(array)).toString("base64"), key).toBe(expected.data);
      }
    });

    test("scalars become plain values", () => {
      expect(new Map([...part("scalars")])).toEqual(
        new Map<string, unknown>([
          ["f4", Math.fround(0.1)],
          ["i8", -(2n ** 62n)],
          ["b1", true],
          ["u1", 200],
        ]),
      );
    });

    test("plain values", () => {
      const values = part("values");
      expect(values.get("none")).toBeNull();
      expect(values.get("booleans")).toEqual([true, false]);
      const integers = [0, -1, 255, 65_535, 2 ** 31 - 1, -(2 ** 31), 2 ** 40, -(2n ** 70n)];
      expect(values.get("integers")).toEqual(integers);
      expect(values.get("floats")).toEqual([0.1, -2.5, Number.POSITIVE_INFINITY]);
      expect(values.get("text")).toBe(text);
      expect(values.get("bytes")).toEqual(bytesOf(0, 0xff, "\\x41\n'\""));
      expect(values.get("bytearray")).toEqual(bytesOf("abc", 0xff));
      expect(values.get("tuples")).toEqual([[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]);
      expect(values.get("nested")).toEqual(new Map([["dict", new Map([["list", [[]]]])]]));
    });
  });
});

describe("text of Python 2", () => {
  test("a string is bytes, with escapes and raw bytes", () => {
    expect(read("S'a\\n\\x41\\101\\\\\\'\\q", 0xe9, "'\n.")).toEqual(bytesOf("a\nAA\\'\\q", 0xe9));
    expect(read('S"it\'s"\r\n.')).toEqual(bytesOf("it's"));
    expect(read("U", 2, "ab.")).toEqual(bytesOf("ab"));
  });

  test("a broken string is an error", () => {
    const broken = "a.pkl, byte 0: expected a string in quotes. Got a broken one.";
    expect(["S'a\n.", "Sa\n.", "S'\n.", "S\n.", "S'\\x4'\n.", "S'a\\'\n."].map((pickle) => message(pickle))).toEqual(
      Array.from({ length: 6 }, () => broken),
    );
  });

  test("is UTF-8 where that is valid, else Latin-1", () => {
    expect(pickleText(bytesOf("视频"))).toBe("视频");
    expect(pickleText(Uint8Array.of(0xe9, 0x80))).toBe("é\u0080");
    expect(pickleText("text")).toBe("text");
    expect(pickleText(3)).toBeUndefined();
  });

  test("is the key of a dict as text", () => {
    expect(read("(dS'\\xe8\\xa7\\x86'\nI1\nsU", 1, 0xe9, "I2\ns.")).toEqual(
      new Map([
        ["视", 1],
        ["é", 2],
      ]),
    );
  });

  test("escaped text", () => {
    expect(read("Va\\u89c6\\U0001F600\\\\u0041\\x", 0xe9, "\n.")).toBe("a视😀\\\\u0041\\xé");
    for (const broken of ["\\u12", "\\U0041", "\\U00110000", "\\u", "\\U0001F60"]) {
      expect(message(`V${broken}\n.`)).toBe("a.pkl, byte 0: expected escaped text. Got a broken one.");
    }
  });
});

describe("opcodes", () => {
  test("numbers", () => {
    expect(read("I12\n.")).toBe(12);
    expect(read("I-9007199254740993\n.")).toBe(-9007199254740993n);
    expect(read("I00\n.")).toBe(false);
    expect(read("I01\n.")).toBe(true);
    expect(read("L123456789012345678901L\n.")).toBe(123456789012345678901n);
    expect(read("F-1.5e-3\n.")).toBe(-0.0015);
    expect(read("F-inf\n.")).toBe(Number.NEGATIVE_INFINITY);
    expect(read("Fnan\n.")).toBeNaN();
    expect(read(0x8a, 0, ".")).toBe(0);
    expect(read(0x8a, 2, 0xff, 0xfe, ".")).toBe(-257);
    expect(read(0x8b, 2, 0, 0, 0, 0xff, 0, ".")).toBe(255);
    expect(message("I1x\n.")).toBe('a.pkl, byte 0: expected an integer. Got "1x".');
    expect(message("F0x1\n.")).toBe('a.pkl, byte 0: expected a float. Got "0x1".');
    expect(message(0x8b, 0, 1, 1, 0, ".")).toBe("a.pkl, byte 0: expected an integer of at most 256 bytes. Got 65792.");
    expect(message(`I${"1".repeat(2000)}\n.`)).toBe(
      "a.pkl, byte 0: expected an integer of at most 1024 bytes. Got 2000.",
    );
  });

  test("lists, tuples and dicts of protocol 0", () => {
    expect(read("(lp0\nI1\na.")).toEqual([1]);
    expect(read("(I1\nI2\nl.")).toEqual([1, 2]);
    expect(read("(I1\n(I2\ntt.")).toEqual([1, [2]]);
    expect(read("(S'a'\nI1\nd.")).toEqual(new Map([["a", 1]]));
  });

  test("the stack: POP, POP_MARK and DUP", () => {
    expect(read("NK", 7, "0.")).toBeNull();
    expect(read("N(0.")).toBeNull();
    expect(read("N(K", 1, "K", 2, "1.")).toBeNull();
    expect(read("K", 5, "2", 0x86, ".")).toEqual([5, 5]);
  });

  test("the memo", () => {
    expect(read("K", 7, "p12\nq", 3, "r", 1, 0, 0, 1, "0(g12\nh", 3, "j", 1, 0, 0, 1, "t.")).toEqual([7, 7, 7]);
    expect(read(0x80, 4, "K", 7, 0x94, "0h", 0, ".")).toBe(7);
    expect(message("g5\n.")).toBe("a.pkl, byte 0: expected a value stored earlier. Got memo entry 5, never stored.");
    expect(message("Npx\n.")).toBe('a.pkl, byte 1: expected a memo index. Got "x".');
  });

  test("a list that is stored may grow later, and may be shared", () => {
    const value = read("](K", 1, "eq", 0, "h", 0, 0x86, "h", 0, "K", 2, "a0.");
    expect(value).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test("keys of a dict count by value", () => {
    expect(read("}(NK", 1, 0x88, "K", 2, "G", 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, "K", 3, "u.")).toEqual(
      new Map<unknown, unknown>([
        [null, 1],
        [true, 2],
        [1, 3],
      ]),
    );
    expect(message("}(K", 1, "u.")).toBe("a.pkl, byte 4: expected a value for every key of a dict. Got a key alone.");
  });

  test("the largest text keeps its first character, even a byte order mark", () => {
    expect(read(0x8c, 3, 0xef, 0xbb, 0xbf, ".")).toBe("\uFEFF");
    expect(message(0x8c, 1, 0xff, ".")).toBe("a.pkl, byte 0: expected UTF-8 text. Got a broken one.");
  });

  test("data after STOP is not looked at", () => {
    expect(read("N.", 0xff)).toBeNull();
  });

  test("bytes of the file are viewed, not copied", () => {
    const file = bytesOf("B", 4, 0, 0, 0, "abcd.");
    expect((readPickle(file, { file: "a.pkl" }) as Uint8Array).buffer).toBe(file.buffer);
  });
});

describe("damage", () => {
  test.each([
    ["no bytes", [], "a.pkl, byte 0: expected a pickle up to its STOP. Got an empty file."],
    ["no STOP", ["N"], "a.pkl, byte 1: expected a pickle up to its STOP. Got the end of the file."],
    ["nothing left", ["."], "a.pkl, byte 0: expected 1 values on the stack. Got 0: the pickle is damaged."],
    ["no MARK", ["t."], "a.pkl, byte 0: expected a MARK on the stack. Got none: the pickle is damaged."],
    [
      "values below a MARK",
      ["N(", 0x85, "."],
      "a.pkl, byte 2: expected 1 values on the stack. Got 0: the pickle is damaged.",
    ],
    ["a line without an end", ["I12"], "a.pkl, byte 1: expected a line with an integer. Got no end of line."],
    ["an append to a dict", ["}Na."], "a.pkl, byte 2: expected a list to append to. Got a dict."],
    ["an item for a list", ["]NNs."], "a.pkl, byte 3: expected a dict to put items in. Got a list."],
    ["half a number", ["J", 1, 2], "a.pkl, byte 1: expected 4 bytes of an integer. Got 2: the file ends there."],
    ["protocol 6", [0x80, 6, "N."], "a.pkl, byte 0: expected a pickle of protocol 0 to 5. Got protocol 6."],
  ])("%s", (_, parts, expected) => {
    expect(message(...parts)).toBe(expected);
  });
});

describe("what is refused unrun", () => {
  test.each([
    [
      "a function",
      ["cos\nsystem\n."],
      "a.pkl, byte 0: expected data only. Got a call of os.system, which was not run.",
    ],
    [
      "a function of protocol 4",
      [0x8c, 2, "os", 0x8c, 6, "system", 0x93, "."],
      "a.pkl, byte 12: expected data only. Got a call of os.system, which was not run.",
    ],
    [
      "an instance",
      ["(ios\nsystem\n."],
      "a.pkl, byte 1: expected data only. Got a call of os.system, which was not run.",
    ],
    ["a call of a value", ["N)R."], "a.pkl, byte 2: expected a class or function and its arguments. Got no value."],
    [
      "a persistent id",
      ["Pa\n."],
      "a.pkl, byte 0: expected dicts, lists, text, numbers and NumPy arrays. Got PERSID, which was not run.",
    ],
    [
      "an extension code",
      [0x82, 1, "."],
      "a.pkl, byte 0: expected dicts, lists, text, numbers and NumPy arrays. Got EXT1, which was not run.",
    ],
    [
      "a buffer elsewhere",
      [0x97, "."],
      "a.pkl, byte 0: expected all data in this file. Got a pickle whose buffers were stored outside it.",
    ],
    ["a state for a list", ["]Nb."], "a.pkl, byte 2: expected an object to set the state of. Got a list."],
    ["what is no opcode", [0xff], "a.pkl, byte 0: expected a pickle. Got 0xff, which is no opcode."],
  ])("%s", (_, parts, expected) => {
    expect(message(...parts)).toBe(expected);
  });
});

describe("NumPy's constructors with arguments that NumPy does not write", () => {
  const dtype = "cnumpy\ndtype\n(S'f4'\ntR";
  const scalar = "cnumpy.core.multiarray\nscalar\n";
  const fromBuffer = "cnumpy.core.numeric\n_frombuffer\n";
  const eightBytes = ["B", 8, 0, 0, 0, "abcdefgh"];

  test.each([
    [
      "_reconstruct with a size",
      ["cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I9\ntS'b'\ntR."],
      /\(0,\) for _reconstruct/,
    ],
    ["a dtype without a name", ["cnumpy\ndtype\n(I4\ntR."], /expected the name of a dtype\. Got 4\.$/],
    ["a dtype without a byte order", [`${dtype}(I3\nNNNNI-1\nI-1\nI0\ntb.`], /expected the state of a dtype/],
    [
      "_reconstruct of no class",
      ["cnumpy.core.multiarray\n_reconstruct\n(N(I0\ntS'b'\ntR."],
      /\(0,\) for _reconstruct/,
    ],
    [
      "objects of another number than the shape says",
      [
        "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I3\ntcnumpy\ndtype\n(S'O'\ntRI00\n]tb.",
      ],
      /expected the objects of an array of shape \(3\)\. Got other values\.$/,
    ],
    [
      "a scalar with too many bytes",
      [scalar, "(", dtype, ...eightBytes, "tR."],
      /expected 4 bytes for a float32 array of shape \(\)\. Got 8\.$/,
    ],
    ["a scalar of no dtype", [scalar, "(N", ...eightBytes, "tR."], /expected dtype and bytes for scalar/],
    ["a wrong order", [fromBuffer, "(", ...eightBytes, dtype, "(I2\ntS'A'\ntR."], /bytes, dtype, shape and order/],
    [
      "a wrong order of axes",
      [fromBuffer, "(", ...eightBytes, dtype, "(I2\nI1\ntS'K'\n(I0\nI0\nttR."],
      /expected an order of 2 axes\. Got \(0, 0\)\.$/,
    ],
    [
      "a negative size",
      [fromBuffer, "(", ...eightBytes, dtype, "(I-2\nI-1\ntS'C'\ntR."],
      /up to 64 whole numbers as a shape/,
    ],
    [
      "text for bytes",
      [fromBuffer, "(Vabcdefgh\n", dtype, "(I2\ntS'C'\ntR."],
      /expected the bytes of an array\. Got the text "abcdefgh"\.$/,
    ],
    ["an encoding other than Latin-1", ["c_codecs\nencode\n(Va\nVrot13\ntR."], /expected text and latin1/],
    ["text beyond Latin-1", ["c_codecs\nencode\n(V\\u89c6\nVlatin1\ntR."], /expected Latin-1 text for bytes/],
    ["bytes of a list", ["c__builtin__\nbytes\n((ltR."], /expected bytes or Latin-1 text for bytes\. Got a list\.$/],
  ])("%s", (_, parts, expected) => {
    expect(message(...parts)).toMatch(expected);
  });

  test("a byte order in a dtype's name counts", () => {
    expect(read(scalar, "(cnumpy\ndtype\n(S'>u2'\ntRU", 2, 1, 2, "tR.")).toBe(0x0102);
    expect(read(scalar, "(cnumpy\ndtype\n(S'<u2'\ntRU", 2, 1, 2, "tR.")).toBe(0x0201);
  });

  test("and with ones that it does write", () => {
    const array = read(fromBuffer, "(", ...eightBytes, dtype, "(I1\nI2\ntS'K'\n(I1\nI0\nttR.") as NumericArray;
    expect(array.shape).toEqual([2, 1]);
    expect(array.data).toEqual(new Float32Array(bytesOf("abcdefgh").buffer));
  });
});

describe("bounds", () => {
  test("on nesting, both of open marks and of values", () => {
    expect(message("(".repeat(101))).toBe("a.pkl, byte 100: nested deeper than 100 levels.");
    expect(
      message(
        ")",
        Uint8Array.from({ length: 101 }, () => 0x85),
        ".",
      ),
    ).toBe("a.pkl: nested deeper than 100 levels.");
    expect(
      Array.isArray(
        read(
          ")",
          Uint8Array.from({ length: 99 }, () => 0x85),
          ".",
        ),
      ),
    ).toBe(true);
  });

  test("on the number of containers and of values", () => {
    expect(message(Uint8Array.from({ length: 40_000 }, () => 0x5d))).toBe(
      "a.pkl, byte 32768: expected at most 32768 lists, tuples and objects. Got more.",
    );
    expect(message(new Uint8Array(1_100_000).fill(0x4e))).toBe(
      "a.pkl, byte 1048576: expected at most 1048576 values. Got more.",
    );
  });

  test("on the memo", () => {
    const memoized = new Uint8Array(140_000).fill(0x94);
    expect(message("N", memoized, ".")).toMatch(/: expected at most 131072 memo entries\. Got more\.$/);
  });

  test("on what shared lists unfold into", () => {
    // Each level is a list of two times the level below: 2 ** 25 values.
    const level = (index: number): (number | string)[] => ["]q", index + 1, "(h", index, "h", index, "e"];
    const levels = Array.from({ length: 25 }, (_, index) => level(index)).flat();
    expect(message("]q", 0, ...levels, ".")).toBe(
      "a.pkl: expected at most 1048576 values. Got lists that unfold into more.",
    );
  });

  test("on a list or dict inside itself", () => {
    const cycle = "a.pkl: expected plain values. Got a list or dict that contains itself.";
    expect(message("]q", 0, "h", 0, "a.")).toBe(cycle);
    expect(message("}q", 0, "K", 1, "h", 0, "s.")).toBe(cycle);
    expect(message("]q", 0, "h", 0, 0x85, "a.")).toBe(cycle);
  });

  test("on bytes that are made again and again from the same text", () => {
    const encode = "c_codecs\nencode\np1\n0";
    const text = bytesOf("X", 0, 64, 0, 0, "x".repeat(16_384), "q", 2, "0Vlatin1\nq", 3, "0");
    const calls = Array.from({ length: 20 }, () => bytesOf("g1\ng2\ng3\n", 0x86, "R0"));
    expect(message(encode, text, ...calls)).toMatch(
      /expected each array's data once\. Got the same data again and again\.$/,
    );
  });

  test("on bytes that are a key again and again", () => {
    const text = bytesOf("B", 0, 64, 0, 0, "x".repeat(16_384), "q", 2, "0}");
    const items = Array.from({ length: 20 }, () => "g2\nNs").join("");
    expect(message(text, items, ".")).toMatch(/Got the same data again and again\.$/);
  });
});
