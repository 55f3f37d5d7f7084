import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleRows } from "../../../src/core/row-sampling.ts";
import {
  describeFeatureFile,
  type FeatureMatrix,
  featureFileName,
  indexLabels,
  readClassFile,
  readFeatureFile,
  readListFile,
  selectRows,
  writeFeatureFile,
} from "../../../src/formats/index.ts";
import { fixture, goldenBytes, goldenNames, messageOf } from "../golden.ts";

interface StoredArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | boolean)[];
}

interface StoredFeatures {
  readonly video: string;
  readonly image: StoredArray;
  readonly audio: StoredArray;
}

const stored = fixture<Record<string, StoredFeatures>>("feature-values.json");

function matrixOf({ shape, values }: StoredArray): FeatureMatrix {
  const [rows = 0, size = 0] = shape;
  return { rows, size, data: Float32Array.from(values, Number) };
}

describe("every golden feature file", () => {
  const files = ["dataset/features/", "end-to-end/datasets/feature_files/"].flatMap((folder) =>
    goldenNames(folder).map((name) => folder + name),
  );

  test("is among the expected values", () => {
    expect(Object.keys(stored).sort()).toEqual(files.sort());
    expect(files).toHaveLength(39 + 23);
  });

  test.each(files)("%s holds what Python and NumPy read in it", (path) => {
    const sizes = path.startsWith("dataset") ? { imageSize: 6, audioSize: 4 } : { imageSize: 12, audioSize: 9 };
    const expected = stored[path] as StoredFeatures;
    const features = readFeatureFile(goldenBytes(path), { file: path, ...sizes });
    expect(features).toEqual({
      video: expected.video,
      image: matrixOf(expected.image),
      audio: matrixOf(expected.audio),
    });
    expect(features.image.data.buffer.byteLength).toBe(features.image.data.byteLength);
  });

  test.each(files)("%s gives with maxRows the rows that are sampled of all, in memory that is asked for", (path) => {
    const whole = readFeatureFile(goldenBytes(path), { file: path });
    const asked: number[] = [];
    const allocate = (values: number) => {
      asked.push(values);
      return new Float32Array(new SharedArrayBuffer(4 * values));
    };
    const { image, audio, sampledFrom } = readFeatureFile(goldenBytes(path), { file: path, maxRows: 3, allocate });
    expect([...image.data]).toEqual([...sampleRows(whole.image, 3).data]);
    expect([...audio.data]).toEqual([...sampleRows(whole.audio, 3).data]);
    expect([image.rows, audio.rows]).toEqual([whole.image.rows, whole.audio.rows].map((rows) => Math.min(rows, 3)));
    const before = { image: whole.image.rows, audio: whole.audio.rows };
    const longer = Object.entries(before).filter(([, rows]) => rows > 3);
    expect(sampledFrom).toEqual(longer.length === 0 ? undefined : Object.fromEntries(longer));
    expect(asked).toEqual([image, audio].flatMap(({ data }) => (data.length === 0 ? [] : [data.length])));
    expect(image.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("a value that is not finite refuses the file, though its row is not sampled", () => {
    const image = { rows: 9, size: 1, data: new Float32Array(9) };
    const bytes = Buffer.from(
      writeFeatureFile({ video: "a", image: { ...image, data: image.data.fill(1) }, audio: image }),
    );
    for (const [number, got] of [[Number.NaN, "NaN"] as const, [Number.NEGATIVE_INFINITY, "-Infinity"] as const]) {
      const damaged = Buffer.from(bytes);
      const first = damaged.indexOf(Buffer.from(image.data.buffer));
      damaged.writeFloatLE(number, first);
      expect(() => readFeatureFile(damaged, { file: "a.pkl", maxRows: 1 })).toThrow(
        `a.pkl, feature.image_pkl row 0, column 0: expected a finite float32. Got ${got}.`,
      );
    }
  });

  test.each(files)("%s has a true description", (path) => {
    const expected = stored[path] as StoredFeatures;
    const { video, image, audio, problems } = describeFeatureFile(goldenBytes(path), { file: path });
    expect(video).toBe(expected.video);
    expect(problems).toEqual([]);
    for (const [description, array] of [
      [image, expected.image],
      [audio, expected.audio],
    ] as const) {
      const values = array.values.map(Number);
      expect(description).toMatchObject({ dtype: array.dtype, shape: array.shape, notANumber: 0, infinite: 0 });
      expect(description.minimum).toBe(values.length === 0 ? undefined : Math.min(...values));
      expect(description.maximum).toBe(values.length === 0 ? undefined : Math.max(...values));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      if (values.length === 0) expect(description.mean).toBeUndefined();
      else expect(description.mean).toBeCloseTo(mean, 12);
    }
  });
});

describe("the dataset as the reference reads it", () => {
  interface Sample {
    readonly image_shape: readonly number[];
    readonly image_sum: number;
    readonly image_first: readonly number[];
    readonly image_last: readonly number[];
    readonly audio_shape: readonly number[];
    readonly audio_sum: number;
    readonly audio_last: readonly number[];
    readonly label?: readonly number[];
    readonly video?: string;
  }
  const batches = JSON.parse(new TextDecoder().decode(goldenBytes("dataset/expected.json"))) as Record<
    string,
    readonly (readonly Sample[])[]
  >;
  const rows = readListFile(goldenBytes("dataset/list.txt"), { file: "list.txt" });
  const features = new Set(goldenNames("dataset/features"));

  test.each(Object.keys(batches))("%s: the same videos in the same order, with the same labels", (key) => {
    const [mode, classFile, loss] = key.split("/") as ["valid" | "infer", string, string];
    const labels = indexLabels(readClassFile(goldenBytes(`dataset/${classFile}`), { file: classFile }));
    const { accepted } = selectRows(rows, { mode, labels });
    const present = accepted.filter(({ fileName }) => features.has(featureFileName(fileName) ?? ""));
    const samples = (batches[key] ?? []).flat();
    expect(present).toHaveLength(samples.length);
    present.forEach(({ fileName, classes }, index) => {
      const sample = samples[index] as Sample;
      const file = featureFileName(fileName) as string;
      const read = readFeatureFile(goldenBytes(`dataset/features/${file}`), { file, imageSize: 6, audioSize: 4 });
      expectMatrix(read.image, sample.image_shape, sample.image_sum, sample.image_last);
      expectRow(read.image.data.subarray(0, 6), sample.image_first);
      // Ten rows of zeros stand for missing audio in the reference's samples, which have them 128 wide.
      if (read.audio.rows === 0) expect(sample.audio_sum).toBe(0);
      else expectMatrix(read.audio, sample.audio_shape, sample.audio_sum, sample.audio_last);
      if (mode === "valid") {
        const target = new Array(7).fill(0);
        for (const label of classes) target[label] = loss === "softmax" ? 1 / classes.length : 1;
        expectRow(target, sample.label ?? []);
      } else {
        expect(classes).toEqual([]);
        // The reference takes Python 2's text for Latin-1.
        const asLatin1 = String.fromCharCode(...new TextEncoder().encode(read.video));
        expect([read.video, asLatin1]).toContain(sample.video);
      }
    });
  });

  function expectMatrix(
    { rows, size, data }: FeatureMatrix,
    shape: readonly number[],
    sum: number,
    last: readonly number[],
  ) {
    expect([rows, size]).toEqual(shape);
    const added = data.reduce((total, value) => total + value, 0);
    expect(Math.abs(added - sum)).toBeLessThan(1e-5 * Math.max(1, Math.abs(sum)));
    expectRow(data.subarray(data.length - size), last);
  }

  function expectRow(row: ArrayLike<number>, expected: readonly number[]) {
    expect(Float32Array.from(row)).toEqual(Float32Array.from(expected));
  }
});

describe("bad feature files", () => {
  const folder = fileURLToPath(new URL("../../fixtures/golden/bad-features", import.meta.url));
  const program = fileURLToPath(new URL("read-bad-features.ts", import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), "bad-features-"));
  const tsx = import.meta.resolve("tsx");
  const output = execFileSync(process.execPath, ["--max-old-space-size=64", "--import", tsx, program, folder], {
    cwd: directory,
    encoding: "utf8",
  });
  const { results, megabytes, polluted } = JSON.parse(output) as {
    readonly results: readonly { readonly name: string; readonly message: string; readonly milliseconds: number }[];
    readonly megabytes: number;
    readonly polluted: boolean;
  };
  const left = readdirSync(directory);
  rmSync(directory, { recursive: true });

  const expected: Readonly<Record<string, string>> = {
    "a_list.pkl": ": expected a dict with the key feature. Got a list.",
    "billion_laughs.pkl": ": expected at most 1048576 values. Got lists that unfold into more.",
    "claims_2_60_frame.pkl": ", byte 2: expected a frame of 1152921504606846976 bytes. Got 2: the file ends there.",
    "claims_4gb_string.pkl": ", byte 11: expected 4294967296 bytes of text. Got 4: the file ends there.",
    "code_eval.pkl": ", byte 2: expected data only. Got a call of builtins.eval, which was not run.",
    "code_getattr_chain.pkl": ": expected a dict with the key feature. Got an object of builtins.getattr.",
    "code_os_system.pkl": ", byte 472: expected data only. Got a call of posix.system, which was not run.",
    "code_os_system0.pkl": ", byte 0: expected data only. Got a call of posix.system, which was not run.",
    "complex_array.pkl":
      ", feature.image_pkl: expected an array or a list of rows. Got an object of numpy.ndarray with the dtype c8 (complex numbers).",
    "deep_nesting.pkl": ", byte 102: nested deeper than 100 levels.",
    "deep_tuples.pkl": ", byte 37503: expected at most 37500 lists, tuples and objects. Got more.",
    "empty.pkl": ", byte 0: expected a pickle up to its STOP. Got an empty file.",
    "future_protocol.pkl": ", byte 0: expected a pickle of protocol 0 to 5. Got protocol 99.",
    "inf_audio.pkl": ", feature.audio_pkl row 0, column 0: expected a finite float32. Got Infinity.",
    "lists_for_arrays.pkl": "",
    "memo_miss.pkl": ", byte 2: expected a value stored earlier. Got memo entry 7, never stored.",
    "missing_audio.pkl": ", feature.audio_pkl: expected an array or a list of rows. Got no value.",
    "missing_feature.pkl": ", feature: expected a dict with image_pkl and audio_pkl. Got no value.",
    "missing_image.pkl": ", feature.image_pkl: expected an array or a list of rows. Got no value.",
    "nan_image.pkl": ", feature.image_pkl row 0, column 0: expected a finite float32. Got NaN.",
    "no_image_rows.pkl": ", feature.image_pkl: expected at least 1 row. Got none.",
    "none.pkl": ": expected a dict with the key feature. Got no value.",
    "not_a_pickle.pkl": ": expected a pickle. Got a zip archive.",
    "object_array.pkl": ", feature.image_pkl row 0, column 1: expected a number. Got no value.",
    "proto_pollution.pkl": ', byte 406: expected the name of a value as the key of a dict. Got "__proto__".',
    "self_reference.pkl": ": expected plain values. Got a list or dict that contains itself.",
    "shape_lies.pkl": ", byte 338: expected 51539607528 bytes for a float32 array of shape (2147483647, 6). Got 72.",
    "stack_underflow.pkl": ", byte 2: expected 2 values on the stack. Got 0: the pickle is damaged.",
    "string_array.pkl":
      ", feature.image_pkl: expected an array or a list of rows. Got an object of numpy.ndarray with the dtype U1 (text).",
    "text.pkl": ", byte 0: expected a value stored earlier. Got memo entry 101, never stored.",
    "truncated.pkl": ", byte 2: expected a frame of 329 bytes. Got 159: the file ends there.",
    "truncated_last.pkl": ", byte 2: expected a frame of 329 bytes. Got 328: the file ends there.",
    "unknown_opcode.pkl": ", byte 2: expected a pickle. Got 0xff, which is no opcode.",
    "wrong_rank.pkl": ", feature.image_pkl: expected the shape (rows, size). Got (6).",
    "wrong_width.pkl": ", feature.image_pkl: expected rows of 6 values. Got 5.",
  };

  test("each gives its own sentence", () => {
    const messages = Object.fromEntries(results.map(({ name, message }) => [name, message]));
    // Lists of rows, which the reference refuses, are read: `""` is no error.
    const sentences = Object.entries(expected).map(([name, sentence]) => {
      return [name, sentence === "" ? "" : `bad/${name}${sentence}`];
    });
    expect(messages).toEqual(Object.fromEntries(sentences));
  });

  test("keys of a dict do not reach Object.prototype", () => {
    expect(polluted).toBe(false);
  });

  test("nothing in them is run", () => {
    expect(left).toEqual([]);
    expect(existsSync("PWNED")).toBe(false);
  });

  test("they take little time and memory, on a machine that is busy with other things", () => {
    expect(Math.max(...results.map(({ milliseconds }) => milliseconds))).toBeLessThan(2_000);
    expect(megabytes).toBeLessThan(64);
  });
});

/** A protocol 0 pickle of a feature file; `array` makes an array of zeros. */
function pickleOf(image: string, audio: string, video = "S'v'\n"): Uint8Array {
  return new TextEncoder().encode(
    `(dS'feature'\n(dS'image_pkl'\n${image}sS'audio_pkl'\n${audio}ssS'video'\n${video}s.`,
  );
}

function array(code: string, shape: readonly number[], data: string): string {
  const dims = shape.map((size) => `I${size}\n`).join("");
  const dtype = `cnumpy\ndtype\n(S'${code}'\ntR`;
  return `cnumpy.core.numeric\n_frombuffer\n(S'${data}'\n${dtype}(${dims}tS'C'\ntR`;
}

const read = (bytes: Uint8Array, sizes = {}) => readFeatureFile(bytes, { file: "a.pkl", ...sizes });

describe("readFeatureFile", () => {
  const image = array("u1", [2, 3], "abcdef");
  const audio = array("i2", [1, 2], "a\\x00b\\x00");

  test("reads keys and text of Python 2, and integers", () => {
    const { video, ...features } = read(pickleOf(image, audio, "S'\\xe8\\xa7\\x86'\n"));
    expect(video).toBe("视");
    expect(features.image).toEqual({ rows: 2, size: 3, data: Float32Array.of(97, 98, 99, 100, 101, 102) });
    expect(features.audio).toEqual({ rows: 1, size: 2, data: Float32Array.of(97, 98) });
  });

  test.each([
    [[0], 0],
    [[0, 4], 4],
    [[0, 7], 7],
    [[0, 3, 2], 3],
  ])("takes audio of shape %j for none, of whatever width", (shape, size) => {
    const features = read(pickleOf(image, array("f4", shape, "")), { imageSize: 3, audioSize: 4 });
    expect(features.audio).toEqual({ rows: 0, size, data: new Float32Array(0) });
  });

  test.each([
    ["image width", pickleOf(image, audio), { imageSize: 4 }, "feature.image_pkl: expected rows of 4 values. Got 3."],
    ["audio width", pickleOf(image, audio), { audioSize: 4 }, "feature.audio_pkl: expected rows of 4 values. Got 2."],
    [
      "no columns",
      pickleOf(array("f4", [2, 0], ""), audio),
      {},
      "feature.image_pkl: expected rows of at least 1 values. Got 0.",
    ],
    [
      "one number",
      pickleOf(image, array("u1", [], "a")),
      {},
      "feature.audio_pkl: expected the shape (rows, size). Got ().",
    ],
    [
      "three axes",
      pickleOf(array("u1", [1, 2, 3], "abcdef"), audio),
      {},
      "feature.image_pkl: expected the shape (rows, size). Got (1, 2, 3).",
    ],
    [
      "too large for float32",
      pickleOf(array("f8", [1, 1], "\\x9c\\x75\\x00\\x88\\x3c\\xe4\\x37\\x7e"), audio),
      {},
      "feature.image_pkl row 0, column 0: expected a finite float32. Got 1e+300.",
    ],
    [
      "not a number in a half",
      pickleOf(image, array("f2", [2, 2], "aaaaaa\\x00\\x7e")),
      {},
      "feature.audio_pkl row 1, column 1: expected a finite float32. Got NaN.",
    ],
  ])("refuses %s", (_, bytes, sizes, expected) => {
    expect(messageOf(() => read(bytes, sizes))).toBe(`a.pkl, ${expected}`);
  });

  test("gives memory of its own, whatever the file's bytes become", () => {
    const bytes = pickleOf(array("f4", [1, 2], "\\x00\\x00\\x80?\\x00\\x00\\x00@"), audio);
    const features = read(bytes);
    bytes.fill(0);
    expect(features.image.data).toEqual(Float32Array.of(1, 2));
  });
});

describe("describeFeatureFile", () => {
  test("lists every problem, as readFeatureFile words it", () => {
    const bytes = pickleOf(array("f2", [2, 2], "\\x00\\x7e\\x00|\\x00\\xbc\\x00@"), array("u1", [1, 2], "ab"), "N");
    expect(describeFeatureFile(bytes, { file: "a.pkl", audioSize: 4 })).toEqual({
      video: undefined,
      image: { dtype: "float16", shape: [2, 2], minimum: -1, maximum: 2, mean: 0.5, notANumber: 1, infinite: 1 },
      audio: { dtype: "uint8", shape: [1, 2], minimum: 97, maximum: 98, mean: 97.5, notANumber: 0, infinite: 0 },
      problems: [
        "a.pkl, feature.image_pkl row 0, column 0: expected a finite float32. Got NaN.",
        "a.pkl, feature.audio_pkl: expected rows of 4 values. Got 2.",
      ],
    });
  });

  test("throws when there are no features to describe", () => {
    expect(messageOf(() => describeFeatureFile(new TextEncoder().encode("(d."), { file: "a.pkl" }))).toBe(
      "a.pkl, feature: expected a dict with image_pkl and audio_pkl. Got no value.",
    );
  });
});

describe("writeFeatureFile", () => {
  // From NumPy 1.26.4: pickle.dumps({'feature': {'image_pkl': np.arange(6, dtype='f4').reshape(2, 3) / 4,
  // 'audio_pkl': np.zeros((0, 4), dtype='f4')}, 'video': '短视频'}, protocol=4), in base64.
  const fromNumPy =
    "gASVAAEAAAAAAAB9lCiMB2ZlYXR1cmWUfZQojAlpbWFnZV9wa2yUjBVudW1weS5jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51" +
    "bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChLAUsCSwOGlGgHjAVkdHlwZZSTlIwCZjSUiYiHlFKUKEsDjAE8lE5OTkr/////Sv////9LAHSU" +
    "YolDGAAAAAAAAIA+AAAAPwAAQD8AAIA/AACgP5R0lGKMCWF1ZGlvX3BrbJRoBmgJSwCFlGgLh5RSlChLAUsASwSGlGgTiUMAlHSUYnWMBXZpZGVv" +
    "lIwJ55+t6KeG6aKRlHUu";
  const image = { rows: 2, size: 3, data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) };
  const audio = { rows: 0, size: 4, data: new Float32Array(0) };

  test("writes what NumPy writes, without the mark of a frame", () => {
    const expected = new Uint8Array(Buffer.from(fromNumPy, "base64"));
    const protocol = 2;
    const frame = 9;
    const withoutFrame = [...expected.subarray(0, protocol), ...expected.subarray(protocol + frame)];
    expect([...writeFeatureFile({ video: "短视频", image, audio })]).toEqual(withoutFrame);
  });

  test("reads back as it was, whatever the sizes", () => {
    const values = fc.float({ noNaN: true, noDefaultInfinity: true });
    const matrix = (fewestRows: number) =>
      fc.tuple(fc.integer({ min: fewestRows, max: 300 }), fc.constantFrom(1, 2, 255, 256, 257)).chain(([rows, size]) =>
        fc.array(values, { minLength: 1, maxLength: 9 }).map((some) => ({
          rows,
          size,
          data: Float32Array.from({ length: rows * size }, (_, index) => some[index % some.length] as number),
        })),
      );
    const video = fc.string({ unit: "grapheme", maxLength: 300 });
    fc.assert(
      fc.property(video, matrix(1), matrix(0), (name, someImage, someAudio) => {
        const features = { video: name, image: someImage, audio: someAudio };
        const back = read(writeFeatureFile(features));
        expect(back.video).toBe(name);
        for (const modality of ["image", "audio"] as const) {
          const { rows, size, data } = features[modality];
          expect([back[modality].rows, back[modality].size]).toEqual([rows, size]);
          expect(Buffer.compare(Buffer.from(back[modality].data.buffer), Buffer.from(data.buffer))).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("reads a file without image rows where it is told that there may be none", () => {
    const bytes = goldenBytes("bad-features/no_image_rows.pkl");
    const { image, audio } = readFeatureFile(bytes, { file: "v.pkl", imageMayBeAbsent: true });
    expect([image.rows, image.data.length]).toEqual([0, 0]);
    expect(audio.rows).toBeGreaterThan(0);
  });

  test("writes long dimensions", () => {
    const long = { rows: 70_000, size: 1, data: new Float32Array(70_000).fill(2) };
    expect(read(writeFeatureFile({ video: "", image: long, audio: long })).image).toEqual(long);
  });

  test.each([
    [
      "no image rows",
      { image: { rows: 0, size: 3, data: new Float32Array(0) } },
      "image must have at least 1 row. Got none.",
    ],
    [
      "missing values",
      { audio: { rows: 2, size: 2, data: new Float32Array(3) } },
      "audio must have 4 values for its shape (2, 2). Got 3.",
    ],
    [
      "rows of nothing",
      { audio: { rows: 2, size: 0, data: new Float32Array(0) } },
      "audio must have rows and columns from 1 to 2 ** 31 - 1. Got 2 x 0.",
    ],
    [
      "NaN",
      { image: { rows: 1, size: 2, data: Float32Array.of(0, Number.NaN) } },
      "image must be finite. Got NaN at position 1.",
    ],
    ["half a character", { video: "a\ud83d" }, "video must be Unicode text. Got half of a surrogate pair."],
  ])("refuses %s", (_, part, expected) => {
    expect(() => writeFeatureFile({ video: "v", image, audio, ...part })).toThrow(new RangeError(expected));
  });
});
