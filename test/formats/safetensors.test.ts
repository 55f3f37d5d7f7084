import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DataType,
  type NumericArray,
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from "../../src/formats/index.ts";
import { decodeArray, elementCount, elementSize } from "../../src/formats/numeric-array.ts";
import { safetensorsPieces } from "../../src/formats/safetensors.ts";
import { bytesOf, goldenBytes, goldenNames, messageOf } from "./golden.ts";

const models = goldenNames("models");
const goldenFiles = models.flatMap((model) =>
  goldenNames(`models/${model}`)
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => `models/${model}/${name}`),
);

describe("the golden files", () => {
  test("are all there", () => {
    expect(goldenFiles).toHaveLength(4 * 5 - 1);
  });

  test.each(goldenFiles)("%s: every whole tensor", (path) => {
    const bytes = goldenBytes(path);
    const { tensors, metadata } = readSafetensors(bytes, { file: path });
    // The same file by the language's own JSON and by copying each tensor's bytes.
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength))) as Record<
      string,
      { readonly dtype: string; readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] }
    >;
    expect(metadata).toEqual(new Map());
    expect([...tensors.keys()]).toEqual(Object.keys(header));
    for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
      const [begin, end] = offsets.map((offset) => 8 + headerLength + offset);
      const own = bytes.slice(begin, end).buffer;
      const tensor = tensors.get(name) as NumericArray;
      expect(tensor.shape).toEqual(shape);
      expect([dtype, tensor.dtype]).toEqual(dtype === "F32" ? ["F32", "float32"] : ["I32", "int32"]);
      expect(tensor.data).toEqual(dtype === "F32" ? new Float32Array(own) : new Int32Array(own));
    }
  });

  test.each(goldenFiles)("%s reads back when it is written", (path) => {
    const { tensors } = readSafetensors(goldenBytes(path), { file: path });
    expect(readSafetensors(writeSafetensors(tensors), { file: path }).tensors).toEqual(tensors);
  });
});

test("a file in pieces is the same file: small tensors together, large ones in the memory that they have", () => {
  const tensor = (values: number): NumericArray => {
    return { dtype: "uint8", shape: [values], data: Uint8Array.from({ length: values }, (_, index) => index) };
  };
  const tensors = new Map([3, 2, 70, 1, 80, 5].map((values, index) => [`${index}`, tensor(values)]));
  const metadata = new Map([["made by", "a test"]]);
  const whole = Buffer.from(writeSafetensors(tensors, metadata));
  const header = 8 + Number(whole.readBigUInt64LE(0));
  const pieces = safetensorsPieces(tensors, metadata, 60);
  expect(Buffer.concat(pieces)).toEqual(whole);
  expect(pieces.map(({ length }) => length)).toEqual([header, 3 + 2 + 70, 1 + 80, 5]);
  const [, last] = safetensorsPieces(new Map([["a", tensor(200)]]), new Map(), 60);
  expect(last?.length).toBe(200);
  const { data } = tensors.get("4") as NumericArray;
  expect(safetensorsPieces(new Map([["a", { ...tensor(80), data }]]), new Map(), 60)[1]?.buffer).toBe(data.buffer);
  expect(safetensorsPieces(new Map(), metadata)).toEqual([new Uint8Array(writeSafetensors(new Map(), metadata))]);
});

const dtypes: readonly DataType[] = [
  "bool",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "float16",
  "bfloat16",
  "uint32",
  "int32",
  "float32",
  "uint64",
  "int64",
  "float64",
];

describe("writeSafetensors", () => {
  test("pads the header with spaces to 8 bytes and keeps the order of the tensors", () => {
    const tensors = new Map<string, NumericArray>([
      ["b", { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ["a", { dtype: "float32", shape: [1, 1], data: Float32Array.of(1) }],
    ]);
    const header =
      '{"__metadata__":{"format":"短"},"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[3,7]}}';
    const padded = new TextEncoder().encode(header).length;
    const bytes = writeSafetensors(tensors, new Map([["format", "短"]]));
    expect(padded % 8).not.toBe(0);
    const length = Math.ceil(padded / 8) * 8;
    expect(bytes).toEqual(
      bytesOf(length, 0, 0, 0, 0, 0, 0, 0, header, " ".repeat(length - padded), 1, 2, 3, 0, 0, 0x80, 0x3f),
    );
    expect(readSafetensors(bytes, { file: "a" })).toEqual({ tensors, metadata: new Map([["format", "短"]]) });
  });

  test("reads back whatever the names, types and shapes, at any alignment", () => {
    const tensor: fc.Arbitrary<NumericArray> = fc
      .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }) })
      .chain(({ dtype, shape }) => {
        const length = elementCount(shape) * elementSize(dtype);
        return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => decodeArray(bytes, dtype, shape));
      });
    const name = fc.string({ unit: "binary" }).filter((text) => text !== "__metadata__");
    const texts = fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, tensor), { maxLength: 6 }),
        texts,
        fc.nat({ max: 7 }),
        (entries, pairs, shift) => {
          const tensors = new Map(entries);
          const metadata = new Map(pairs);
          const bytes = writeSafetensors(tensors, metadata);
          const moved = new Uint8Array(bytes.length + shift);
          moved.set(bytes, shift);
          expect(readSafetensors(moved.subarray(shift), { file: "a" })).toEqual({ tensors, metadata });
        },
      ),
    );
  });

  test("refuses data that is not what its type and shape say, and the name of the metadata", () => {
    const tensor: NumericArray = { dtype: "float32", shape: [2], data: new Float32Array(1) };
    expect(() => writeSafetensors(new Map([["a", tensor]]))).toThrow(
      new RangeError("a must have 2 values for its shape (2). Got 1."),
    );
    expect(() => writeSafetensors(new Map([["__metadata__", { ...tensor, shape: [1] }]]))).toThrow(
      new RangeError("tensors must have other names than __metadata__."),
    );
  });
});

/** A file with this header and some bytes behind it. */
function fileOf(header: string, data: readonly number[] = []): Uint8Array {
  const length = new TextEncoder().encode(header).length;
  return bytesOf(length & 0xff, length >> 8, 0, 0, 0, 0, 0, 0, header, ...data);
}

describe("readSafetensors", () => {
  const read = (bytes: Uint8Array) => readSafetensors(bytes, { file: "a.safetensors" });

  test("an empty object is a file without tensors", () => {
    expect(read(fileOf("{}   "))).toEqual({ tensors: new Map(), metadata: new Map() });
  });

  test("tensors may stand in another order than the header's, and be empty", () => {
    const header =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"e":{"shape":[0,9],"dtype":"F64","data_offsets":[2,2]}}';
    const { tensors } = read(fileOf(header, [1, 0xff, 3]));
    expect([...tensors]).toEqual([
      ["b", { dtype: "uint8", shape: [1], data: Uint8Array.of(3) }],
      ["a", { dtype: "int8", shape: [2], data: Int8Array.of(1, -1) }],
      ["e", { dtype: "float64", shape: [0, 9], data: new Float64Array(0) }],
    ]);
  });

  test("halves are decoded on demand", () => {
    const header =
      '{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[],"data_offsets":[2,4]}}';
    const { tensors } = read(fileOf(header, [0x00, 0xbe, 0xc0, 0x3f]));
    expect([...tensors.values()].map((tensor) => [...toFloat32(tensor)])).toEqual([[-1.5], [1.5]]);
  });

  const entry = (dtype: string, shape: string, offsets: string) =>
    `{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;

  test.each<[string, Uint8Array, string]>([
    ["no bytes", bytesOf(), ", byte 0: expected 8 bytes of the header's length. Got 0: the file ends there."],
    [
      "a header that is not there",
      bytesOf(9, 0, 0, 0, 0, 0, 0, 0, "{}"),
      ", byte 8: expected 9 bytes of the header. Got 2: the file ends there.",
    ],
    [
      "a huge header",
      bytesOf(0, 0, 0, 0, 0, 0, 0, 1, "{}"),
      ", byte 0: expected a header of at most 100000000 bytes. Got 72057594037927936.",
    ],
    [
      "a header that is not UTF-8",
      bytesOf(1, 0, 0, 0, 0, 0, 0, 0, 0xff),
      ", byte 8: expected a header in UTF-8. Got other bytes.",
    ],
    ["a header that is no JSON", fileOf("{'a'}"), ", line 1, column 2: expected a key in quotes. Got \"'a'}\"."],
    ["a header that is no object", fileOf("[]"), ", byte 8: expected an object as the header. Got a list."],
    ["a name twice", fileOf('{"a":{},"a":{}}'), ', line 1, column 9: key "a" comes twice.'],
    ["an entry that is no object", fileOf('{"a":1}'), ', tensor "a": expected an object. Got 1.'],
    [
      "an unknown type",
      fileOf(entry('"F8_E5M2"', "[]", "[0,1]"), [1]),
      ', tensor "a": expected a dtype such as F32. Got the text "F8_E5M2".',
    ],
    [
      "a type from Object.prototype",
      fileOf(entry('"toString"', "[]", "[0,1]"), [1]),
      ', tensor "a": expected a dtype such as F32. Got the text "toString".',
    ],
    ["no type", fileOf('{"a":{}}'), ', tensor "a": expected a dtype such as F32. Got no value.'],
    [
      "a shape of fractions",
      fileOf(entry('"U8"', "[0.5]", "[0,0]")),
      ', tensor "a": expected a shape of whole numbers. Got another value.',
    ],
    [
      "a negative offset",
      fileOf(entry('"U8"', "[1]", "[-1,0]")),
      ', tensor "a": expected data_offsets of two whole numbers. Got another value.',
    ],
    [
      "one offset",
      fileOf(entry('"U8"', "[1]", "[1]")),
      ', tensor "a": expected data_offsets of two whole numbers. Got another value.',
    ],
    [
      "offsets that do not fit the shape",
      fileOf(entry('"F32"', "[2]", "[0,4]"), [1, 2, 3, 4]),
      ', tensor "a": expected 8 bytes for F32 of shape (2). Got data_offsets 0 to 4.',
    ],
    [
      "offsets the wrong way round",
      fileOf(entry('"U8"', "[0]", "[1,0]"), [1]),
      ', tensor "a": expected 0 bytes for U8 of shape (0). Got data_offsets 1 to 0.',
    ],
    [
      "a shape that lies",
      fileOf(entry('"U8"', "[9007199254740991,9007199254740991]", "[0,1]"), [1]),
      ', tensor "a": expected 8.112963841460666e+31 bytes for U8 of shape (9007199254740991, 9007199254740991). Got data_offsets 0 to 1.',
    ],
    [
      "tensors beyond the end",
      fileOf(entry('"U8"', "[2]", "[0,2]"), [1]),
      ": expected 2 bytes of tensors behind the header. Got 1.",
    ],
    [
      "bytes of no tensor at the end",
      fileOf(entry('"U8"', "[1]", "[0,1]"), [1, 2]),
      ": expected 1 bytes of tensors behind the header. Got 2.",
    ],
    [
      "bytes of no tensor at the beginning",
      fileOf(entry('"U8"', "[1]", "[1,2]"), [1, 2]),
      ', tensor "a": expected data_offsets from 0, where the one before ends. Got 1.',
    ],
    [
      "bytes of two tensors",
      fileOf(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        [1, 2, 3],
      ),
      ', tensor "b": expected data_offsets from 2, where the one before ends. Got 1.',
    ],
    [
      "metadata that is no text",
      fileOf('{"__metadata__":{"a":1}}'),
      ", __metadata__: expected an object of texts. Got another value.",
    ],
  ])("refuses %s", (_, bytes, expected) => {
    expect(messageOf(() => read(bytes))).toBe(`a.safetensors${expected}`);
  });
});
