import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DataType, type NumericArray, readSafetensors } from "../../src/formats/index.ts";
import { decodeArray, elementCount, elementSize } from "../../src/formats/numeric-array.ts";
import { paddleNameOrder, readCombined, readLodTensor, writeCombined, writeLodTensor } from "../../src/paddle/index.ts";
import { bytesOf, goldenBytes, goldenNames, messageOf } from "../formats/golden.ts";

const folder = "models/text-guide-sigmoid-frozen";
const { tensors: parameters } = readSafetensors(goldenBytes(`${folder}/params.initial.safetensors`), {
  file: "params",
});

function sameBytes(first: Uint8Array, second: Uint8Array): boolean {
  return Buffer.compare(first, second) === 0;
}

describe("a pretrained directory as Paddle writes it", () => {
  const files = goldenNames(`${folder}/ernie`).filter((name) => name !== "ernie_config.json");

  test("has a file for each ERNIE parameter of the model", () => {
    expect(files).toHaveLength(5 + 2 * 16);
    for (const name of files) expect(parameters.has(name), name).toBe(true);
  });

  test.each(files)("%s holds the whole parameter, and is written byte for byte", (name) => {
    const bytes = goldenBytes(`${folder}/ernie/${name}`);
    const array = readLodTensor(bytes, { file: name });
    expect(array).toEqual(parameters.get(name));
    expect(sameBytes(writeLodTensor(array), bytes)).toBe(true);
  });

  const others = goldenNames("end-to-end/model_pretrained/ernie_v1_params");
  test.each(others.filter((name) => name !== "ernie_config.json" && name !== "vocab.txt"))(
    "of the end-to-end folder, %s is written byte for byte",
    (name) => {
      const bytes = goldenBytes(`end-to-end/model_pretrained/ernie_v1_params/${name}`);
      expect(sameBytes(writeLodTensor(readLodTensor(bytes, { file: name })), bytes)).toBe(true);
    },
  );
});

describe("a combined checkpoint as Paddle writes it", () => {
  test("holds every whole parameter in the order of the names", () => {
    const arrays = readCombined(goldenBytes(`${folder}/checkpoint/param`), { file: "param" });
    const names = paddleNameOrder([...parameters.keys()].reverse());
    expect(arrays).toEqual(names.map((name) => parameters.get(name)));
  });

  test.each([`${folder}/checkpoint/param`, "end-to-end/checkpoints_save/param"])(
    "%s is written byte for byte",
    (path) => {
      const bytes = goldenBytes(path);
      expect(sameBytes(writeCombined(readCombined(bytes, { file: "param" })), bytes)).toBe(true);
    },
  );
});

test("paddleNameOrder is the order of UTF-8 bytes", () => {
  // Beyond U+FFFF the order of UTF-16 code units, which the language sorts by, is another one.
  expect(paddleNameOrder(["\u{1F600}", "\uFB01", "fc_2.w_0", "fc_13.w_0", "fc_13", "Z", "视", "a", ""])).toEqual([
    "",
    "Z",
    "a",
    "fc_13",
    "fc_13.w_0",
    "fc_2.w_0",
    "视",
    "\uFB01",
    "\u{1F600}",
  ]);
});

describe("one tensor", () => {
  const dtypes: readonly DataType[] = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "float16",
    "bfloat16",
    "float32",
    "float64",
  ];
  const arrays: fc.Arbitrary<NumericArray> = fc
    .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat({ max: 5 }), { maxLength: 4 }) })
    .chain(({ dtype, shape }) => {
      const length = elementCount(shape) * elementSize(dtype);
      return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => decodeArray(bytes, dtype, shape));
    });

  test("reads back as it was, whatever its type and shape", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        expect(readLodTensor(writeLodTensor(array), { file: "a" })).toEqual(array);
      }),
    );
  });

  test("several read back in their order", () => {
    fc.assert(
      fc.property(fc.array(arrays, { minLength: 1, maxLength: 4 }), (several) => {
        expect(readCombined(writeCombined(several), { file: "a" })).toEqual(several);
      }),
    );
  });

  test("is a view of the file where alignment allows", () => {
    const array: NumericArray = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) };
    const bytes = writeLodTensor(array); // the values begin at byte 24
    expect(readLodTensor(bytes, { file: "a" }).data.buffer).toBe(bytes.buffer);
    const moved = new Uint8Array(bytes.length + 1);
    moved.set(bytes, 1);
    expect(readLodTensor(moved.subarray(1), { file: "a" })).toEqual(array);
  });

  test("is refused for writing when its type is none of Paddle's or its data is not what it says", () => {
    expect(() => writeLodTensor({ dtype: "uint32", shape: [1], data: new Uint32Array(1) })).toThrow(
      new RangeError("Paddle tensors must have one of its data types. Got uint32."),
    );
    expect(() => writeCombined([{ dtype: "float32", shape: [2], data: new Float32Array(1) }])).toThrow(
      new RangeError("array 0 must have 2 values for its shape (2). Got 1."),
    );
  });
});

describe("other ways to say the same", () => {
  const start = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as const;
  const values = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];
  const expected = { dtype: "float32", shape: [1, 2], data: Float32Array.of(1, -2) };
  const read = (...parts: readonly (number | string | Uint8Array)[]) => readLodTensor(bytesOf(...parts), { file: "a" });

  test("packed dimensions", () => {
    expect(read(...start, 6, 0, 0, 0, 0x08, 5, 0x12, 2, 1, 2, ...values)).toEqual(expected);
  });

  test("unknown fields of every kind, a long number, the type last", () => {
    const unknown = [0x18, 0x81, 0x01, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2a, 2, 9, 9, 0x35, 1, 2, 3, 4];
    const description = [...unknown, 0x10, 0x81, 0x00, 0x10, 2, 0x08, 5];
    expect(read(...start, description.length, 0, 0, 0, ...description, ...values)).toEqual(expected);
  });

  test("levels of detail are passed over", () => {
    const levels = [
      0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    expect(read(...levels, 6, 0, 0, 0, 0x08, 5, 0x10, 1, 0x10, 2, ...values)).toEqual(expected);
  });

  test.each<[string, readonly number[], string]>([
    ["no bytes", [], "byte 0: expected 4 bytes of a version. Got 0: the file ends there."],
    ["another version", [1, 0, 0, 0], "byte 0: expected version 0 of Paddle's LoDTensor. Got 1."],
    [
      "another version inside",
      [...start.slice(0, 12), 2, 0, 0, 0],
      "byte 12: expected version 0 of Paddle's Tensor. Got 2.",
    ],
    [
      "levels without end",
      [0, 0, 0, 0, ...new Array(8).fill(0xff), ...new Array(16).fill(0)],
      "byte 28: expected 8 bytes of a level's length. Got 0: the file ends there.",
    ],
    [
      "a huge level",
      [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, ...new Array(8).fill(0xff)],
      "byte 20: expected 18446744073709551615 bytes of a level. Got 0: the file ends there.",
    ],
    [
      "a negative length",
      [...start, 0xff, 0xff, 0xff, 0xff],
      "byte 16: expected the length of the tensor's description. Got -1, 0 are left.",
    ],
    [
      "a huge length",
      [...start, 0xff, 0xff, 0xff, 0x7f, 1],
      "byte 16: expected the length of the tensor's description. Got 2147483647, 1 are left.",
    ],
    [
      "no type",
      [...start, 2, 0, 0, 0, 0x10, 1],
      "byte 20: expected a data type in the tensor's description. Got none.",
    ],
    [
      "a type that is no number",
      [...start, 2, 0, 0, 0, 0x08, 7],
      "byte 20: expected a numeric data type. Got Paddle's type 7.",
    ],
    [
      "a negative dimension",
      [...start, 11, 0, 0, 0, 0x10, ...new Array(9).fill(0xff), 1],
      "byte 21: expected a dimension. Got -1.",
    ],
    [
      "a number without end",
      [...start, 12, 0, 0, 0, 0x10, ...new Array(11).fill(0x80)],
      "byte 21: expected a number of up to 10 bytes in the tensor's description. Got one without an end.",
    ],
    [
      "a number cut off",
      [...start, 2, 0, 0, 0, 0x10, 0x80, 1],
      "byte 21: expected a number of up to 10 bytes in the tensor's description. Got one without an end.",
    ],
    [
      "a field that is too long",
      [...start, 3, 0, 0, 0, 0x2a, 9, 1],
      "byte 21: expected 9 bytes of a field. Got 1: the description ends there.",
    ],
    [
      "a field beyond the description",
      [...start, 2, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      "byte 20: expected a field inside the tensor's description. Got one beyond it.",
    ],
    [
      "an unknown kind of field",
      [...start, 1, 0, 0, 0, 0x0b],
      "byte 20: expected a field of a tensor's description. Got wire type 3.",
    ],
    [
      "too many dimensions",
      [...start, 68, 0, 0, 0, 0x12, 66, ...new Array(66).fill(1)],
      "byte 86: expected at most 64 dimensions. Got more.",
    ],
    [
      "too few values",
      [...start, 4, 0, 0, 0, 0x08, 5, 0x10, 2, 0, 0, 0, 0],
      "byte 24: expected 8 bytes of values for the float32 tensor of shape (2). Got 4: the file ends there.",
    ],
    [
      "a shape that lies",
      [
        ...start,
        22,
        0,
        0,
        0,
        0x08,
        5,
        ...[0, 1].flatMap(() => [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        0x10,
        1,
      ],
      "byte 42: expected 3.2451855365842665e+32 bytes of values for the float32 tensor of shape (9007199254740991, 9007199254740991, 1). Got 0: the file ends there.",
    ],
    [
      "bytes behind it",
      [...start, 2, 0, 0, 0, 0x08, 20, 1, 2],
      "byte 23: expected the end of the tensor. Got 1 more bytes.",
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(messageOf(() => read(...bytes))).toBe(`a, ${message}`);
  });

  test("a combined file needs at least one, and not too many", () => {
    expect(messageOf(() => readCombined(new Uint8Array(0), { file: "param" }))).toBe(
      "param, byte 0: expected at least one tensor. Got an empty file.",
    );
    const one = writeLodTensor({ dtype: "bool", shape: [0], data: new Uint8Array(0) });
    const many = new Uint8Array(one.length * 65_537);
    for (let index = 0; index < 65_537; index++) many.set(one, index * one.length);
    expect(messageOf(() => readCombined(many, { file: "param" }))).toMatch(
      /expected at most 65536 tensors\. Got more\.$/,
    );
  });
});

describe("a file of another program is named as what it is", () => {
  test.each([
    ["npy", bytesOf(0x93, "NUMPY", 1, 0), "an array saved by numpy.save (.npy)"],
    ["bzip2", bytesOf("BZh91AY&SY"), "a file compressed with bzip2"],
    ["a pickle", bytesOf(0x80, 4, "."), "a pickle, such as a feature file"],
  ])("%s", (_, bytes, what) => {
    for (const read of [readCombined, readLodTensor]) {
      const message = `file: expected parameters as Paddle saves them. Got ${what}.`;
      expect(messageOf(() => read(bytes, { file: "file" }))).toBe(message);
    }
  });
});
