import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  classFileProblems,
  describeFeatureFile,
  FormatError,
  readClassFile,
  readErnieConfiguration,
  readFeatureFile,
  readListFile,
  readPickle,
  readSafetensors,
  writeFeatureFile,
  writeSafetensors,
} from "../../src/formats/index.ts";
import {
  readCombined,
  readIniConfiguration,
  readLodTensor,
  readPaddleConfiguration,
  readPythonLiteral,
  writeCombined,
} from "../../src/paddle/index.ts";
import { goldenBytes } from "./golden.ts";

const options = { file: "a.file" };
const asText = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Each reader, with good files to damage. */
const readers: readonly {
  readonly name: string;
  readonly read: (bytes: Uint8Array) => unknown;
  readonly good: readonly Uint8Array[];
}[] = [
  {
    name: "readPickle",
    read: (bytes) => readPickle(bytes, options),
    good: [
      "np1_extra",
      "np1_fortran5",
      "np1_noaudio",
      "np1_proto0",
      "np1_proto1",
      "np1_proto3",
      "np2_proto5",
      "py2_proto0",
      "py2_proto2",
    ].map((name) => goldenBytes(`dataset/features/${name}.pkl`)),
  },
  {
    name: "readFeatureFile",
    read: (bytes) => readFeatureFile(bytes, { ...options, imageSize: 6, audioSize: 4 }),
    good: [
      writeFeatureFile({
        video: "视频",
        image: { rows: 2, size: 6, data: new Float32Array(12).fill(0.5) },
        audio: { rows: 1, size: 4, data: new Float32Array(4).fill(2) },
      }),
      goldenBytes("dataset/features/np1_float16.pkl"),
    ],
  },
  {
    name: "describeFeatureFile",
    read: (bytes) => describeFeatureFile(bytes, options),
    good: [goldenBytes("dataset/features/np2_be_f8.pkl"), goldenBytes("dataset/features/np1_int32.pkl")],
  },
  {
    name: "readSafetensors",
    read: (bytes) => readSafetensors(bytes, options),
    good: [
      writeSafetensors(
        new Map([
          ["a", { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
          ["b", { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
          ["c", { dtype: "float16", shape: [0], data: new Uint16Array(0) }],
        ]),
        new Map([["format", "pt"]]),
      ),
    ],
  },
  {
    name: "readLodTensor",
    read: (bytes) => readLodTensor(bytes, options),
    good: [goldenBytes("models/text-guide-sigmoid-frozen/ernie/sent_embedding")],
  },
  {
    name: "readCombined",
    read: (bytes) => readCombined(bytes, options),
    good: [
      writeCombined([
        { dtype: "float32", shape: [2, 3], data: new Float32Array(6).fill(1) },
        { dtype: "int64", shape: [], data: BigInt64Array.of(-5n) },
        { dtype: "bool", shape: [0, 7], data: new Uint8Array(0) },
      ]),
    ],
  },
  {
    name: "readPythonLiteral",
    read: (bytes) => readPythonLiteral(asText(bytes), options),
    good: [
      "{'a': [1, -2.5e3, (None, True)], 'b': r'\\x' \"\\u4e2d\" '''c\n''', 3: b'\\xff', }",
      "[[2048],\n[128], # c\n[5, 50, 1]]",
    ].map((text) => new TextEncoder().encode(text)),
  },
  {
    name: "readIniConfiguration",
    read: (bytes) => readIniConfiguration(bytes, options),
    good: [goldenBytes("end-to-end/conf.txt")],
  },
  {
    name: "readPaddleConfiguration",
    read: (bytes) => readPaddleConfiguration(bytes, options),
    good: [goldenBytes("end-to-end/conf.txt")],
  },
  { name: "readListFile", read: (bytes) => readListFile(bytes, options), good: [goldenBytes("dataset/list.txt")] },
  {
    name: "readClassFile",
    read: (bytes) => readClassFile(bytes, options),
    good: [goldenBytes("dataset/class.txt"), goldenBytes("dataset/class_indexed.txt")],
  },
  {
    name: "classFileProblems",
    read: (bytes) => classFileProblems(bytes, options),
    good: [goldenBytes("dataset/class_indexed.txt")],
  },
  {
    name: "readErnieConfiguration",
    read: (bytes) => readErnieConfiguration(bytes, options),
    good: [goldenBytes("models/text-guide-softmax-finetune/ernie/ernie_config.json")],
  },
];

/** A change of a file at a place that is a share of its length. */
type Change =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "set"; readonly at: number; readonly value: number }
  | { readonly kind: "cut"; readonly at: number; readonly length: number }
  | { readonly kind: "end"; readonly at: number }
  | { readonly kind: "repeat"; readonly at: number; readonly length: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const length = fc.integer({ min: 1, max: 40 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("flip"), at: share, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant("set"), at: share, value: fc.constantFrom(0, 1, 0x28, 0x2e, 0x7f, 0x80, 0xfe, 0xff) }),
  fc.record({ kind: fc.constant("cut"), at: share, length }),
  fc.record({ kind: fc.constant("end"), at: share }),
  fc.record({ kind: fc.constant("repeat"), at: share, length }),
  fc.record({ kind: fc.constant("insert"), at: share, bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }) }),
) as fc.Arbitrary<Change>;

function changed(bytes: Uint8Array, { at, ...rest }: Change): Uint8Array {
  const index = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
  const before = bytes.subarray(0, index);
  const after = bytes.subarray(index);
  if (rest.kind === "flip")
    return Uint8Array.from(bytes, (byte, place) => (place === index ? byte ^ (1 << rest.bit) : byte));
  if (rest.kind === "set") return Uint8Array.from(bytes, (byte, place) => (place === index ? rest.value : byte));
  if (rest.kind === "cut") return Uint8Array.of(...before, ...after.subarray(rest.length));
  if (rest.kind === "end") return before;
  if (rest.kind === "repeat") return Uint8Array.of(...before, ...after.subarray(0, rest.length), ...after);
  return Uint8Array.of(...before, ...rest.bytes, ...after);
}

/** Whether the reader gives a value; fails on any error but its own. */
function givesValue(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    read(bytes);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(/^a\.file[,:] /);
    return false;
  }
}

describe.each(readers)("$name gives a value or a FormatError", ({ read, good }) => {
  test("on good files: a value", () => {
    for (const file of good) expect(givesValue(read, file)).toBe(true);
  });

  test("on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        givesValue(read, bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test("on good files with a few changes", () => {
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.array(change, { minLength: 1, maxLength: 4 }), (file, changes) => {
        givesValue(
          read,
          changes.reduce((bytes, each) => (bytes.length === 0 ? bytes : changed(bytes, each)), file),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

test("a pickle of any opcodes that exist gives a value or a FormatError", () => {
  const opcodes = "()]}N01K2Ul.\x85\x86\x87\x88\x89ast0uedbRq\x94h";
  const start = goldenBytes("dataset/features/np1_proto2.pkl").subarray(0, -40);
  const tail = fc.array(fc.constantFrom(...[...opcodes].map((opcode) => opcode.charCodeAt(0))), { maxLength: 40 });
  fc.assert(
    fc.property(fc.boolean(), tail, (afterArray, codes) => {
      givesValue((bytes) => readPickle(bytes, options), Uint8Array.of(...(afterArray ? start : []), ...codes));
    }),
    { numRuns: 3000 },
  );
});
