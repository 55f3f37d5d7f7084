import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkArray,
  type DataType,
  decodeArray,
  elementCount,
  elementSize,
  littleEndianBytes,
  type NumericArray,
  toFloat32,
} from "../../src/formats/numeric-array.ts";
import { transpose } from "../../src/formats/transpose.ts";

/** The value of a float by its definition: fraction times a power of two. */
function valueOfBits(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const largest = 2 ** exponentBits - 1;
  const exponent = (bits >> fractionBits) & largest;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  if (exponent === largest) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const bias = 2 ** (exponentBits - 1) - 1;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const everyPattern = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

describe("toFloat32", () => {
  test("decodes all 65,536 halves", () => {
    const expected = Float32Array.from(everyPattern, (bits) => valueOfBits(bits, 5, 10));
    expect([expected[0x3c00], expected[0x0001], expected[0x7bff], expected[0xfc00]]).toEqual([
      1,
      2 ** -24,
      65_504,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(toFloat32({ dtype: "float16", shape: [65_536], data: everyPattern })).toEqual(expected);
  });

  test("decodes all 65,536 bfloat16s", () => {
    const expected = Float32Array.from(everyPattern, (bits) => valueOfBits(bits, 8, 7));
    expect([expected[0x3f80], expected[0x0001], expected[0xff80]]).toEqual([1, 2 ** -133, Number.NEGATIVE_INFINITY]);
    expect(toFloat32({ dtype: "bfloat16", shape: [65_536], data: everyPattern })).toEqual(expected);
  });

  test("rounds other types to the nearest float32 and leaves float32 where it is", () => {
    const float32 = Float32Array.of(1.5, -0);
    expect(toFloat32({ dtype: "float32", shape: [2], data: float32 })).toBe(float32);
    const float64 = Float64Array.of(0.1, 1e300, Number.NaN);
    expect([...toFloat32({ dtype: "float64", shape: [3], data: float64 })]).toEqual([
      Math.fround(0.1),
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    const int64 = BigInt64Array.of(-(2n ** 40n), 16_777_217n);
    expect([...toFloat32({ dtype: "int64", shape: [2], data: int64 })]).toEqual([-(2 ** 40), 16_777_216]);
    expect([...toFloat32({ dtype: "bool", shape: [3], data: Uint8Array.of(0, 1, 255) })]).toEqual([0, 1, 1]);
    expect([...toFloat32({ dtype: "int8", shape: [2], data: Int8Array.of(-128, 127) })]).toEqual([-128, 127]);
  });
});

describe("decodeArray", () => {
  const float32 = Uint8Array.of(0, 0, 0, 0xc0, 0x3f, 0, 0, 0x80, 0xbf);

  test("is a view where the bytes are aligned, else a copy", () => {
    const aligned = new Uint8Array([...float32.subarray(1)]);
    const view = decodeArray(aligned, "float32", [2]);
    expect(view.data).toEqual(Float32Array.of(1.5, -1));
    expect(view.data.buffer).toBe(aligned.buffer);
    const copy = decodeArray(float32.subarray(1), "float32", [2]);
    expect(copy.data).toEqual(Float32Array.of(1.5, -1));
    expect(copy.data.buffer).not.toBe(float32.buffer);
  });

  test("turns big-endian bytes round and leaves the given ones alone", () => {
    const bytes = Uint8Array.of(0x3f, 0xc0, 0, 0, 0xbf, 0x80, 0, 0);
    expect(decodeArray(bytes, "float32", [2], false).data).toEqual(Float32Array.of(1.5, -1));
    expect(bytes[0]).toBe(0x3f);
    expect(decodeArray(Uint8Array.of(1, 2), "uint16", [], false).data).toEqual(Uint16Array.of(0x0102));
    expect(decodeArray(Uint8Array.of(1, 2), "uint8", [2], false).data).toEqual(Uint8Array.of(1, 2));
  });

  test("and littleEndianBytes are each other's inverse for every dtype", () => {
    const dtypes: readonly DataType[] = [
      "bool",
      "int8",
      "int16",
      "int32",
      "int64",
      "uint8",
      "uint16",
      "uint32",
      "uint64",
      "float16",
      "bfloat16",
      "float32",
      "float64",
    ];
    const bytes = Uint8Array.from({ length: 24 }, (_, index) => (index * 37) % 256);
    for (const dtype of dtypes) {
      const array = decodeArray(bytes, dtype, [24 / elementSize(dtype)]);
      checkArray(array, dtype);
      expect(littleEndianBytes(array)).toEqual(bytes);
    }
  });
});

test("elementCount of shapes with and without zeros", () => {
  expect(elementCount([])).toBe(1);
  expect(elementCount([2, 3, 4])).toBe(24);
  expect(elementCount([2 ** 52, 2 ** 52, 0])).toBe(0);
  expect(elementCount(new Array(64).fill(2 ** 53))).toBe(Number.POSITIVE_INFINITY);
});

test("checkArray refuses data that is not what dtype and shape say", () => {
  const data = new Float32Array(6);
  checkArray({ dtype: "float32", shape: [2, 3], data }, "a");
  expect(() => checkArray({ dtype: "float64", shape: [2, 3], data }, "a")).toThrow(
    new RangeError("a must hold its float64 values in a Float64Array."),
  );
  expect(() => checkArray({ dtype: "float32", shape: [2, 2], data }, "a")).toThrow(
    new RangeError("a must have 4 values for its shape (2, 2). Got 6."),
  );
  expect(() => checkArray({ dtype: "float32", shape: [-2, -3], data }, "a")).toThrow(
    new RangeError("a must have a shape of whole numbers. Got (-2, -3)."),
  );
});

test("transpose puts every element where the order of the axes says", () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const cases = shapes.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.shuffledSubarray([...shape.keys()], { minLength: shape.length, maxLength: shape.length }),
    ),
  );
  fc.assert(
    fc.property(cases, ([shape, axes]) => {
      const data = Int32Array.from({ length: elementCount(shape) }, (_, index) => index);
      const array: NumericArray = { dtype: "int32", shape, data };
      const result = transpose(array, axes);
      expect(result.shape).toEqual(axes.map((axis) => shape[axis]));
      for (let source = 0; source < data.length; source++) {
        // The position of the element in the source, axis by axis, and from it the one in the result.
        let rest = source;
        const index = shape.map(() => 0);
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          index[axis] = rest % (shape[axis] as number);
          rest = Math.floor(rest / (shape[axis] as number));
        }
        let target = 0;
        for (const axis of axes) target = target * (shape[axis] as number) + (index[axis] as number);
        expect(result.data[target]).toBe(source);
      }
    }),
  );
});
