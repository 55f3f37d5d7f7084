import { describe, expect, test } from "vitest";
import { describeFeatureFile, OpaqueValue, readFeatureFile, readPickle } from "../../../src/formats/index.ts";
import { bytesOf, fixture, messageOf } from "../golden.ts";

interface Features {
  readonly shape: readonly [number, number];
  readonly values: readonly number[];
}

/** By protocol; in base64. */
type Pickles = Readonly<Record<string, string>>;

const { read, refused, others } = fixture<{
  readonly read: Readonly<
    Record<
      string,
      { readonly video: string | null; readonly image: Features; readonly audio: Features; readonly pickles: Pickles }
    >
  >;
  readonly refused: Readonly<Record<string, Pickles>>;
  readonly others: Readonly<Record<string, string>>;
}>("unusual-pickles.json");

/** torch.serialization.MAGIC_NUMBER, 0x1950a86a20f9469cfc6c. */
const MAGIC = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const decode = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const file = "features/cat-1.pkl";

function matrixOf({ shape: [rows, size], values }: Features) {
  return { rows, size: rows === 0 ? expect.any(Number) : size, data: Float32Array.from(values) };
}

describe("a video is not lost for what nobody needs, nor for how its features are kept", () => {
  test.each(Object.entries(read))("%s", (_, { video, image, audio, pickles }) => {
    for (const [protocol, base64] of Object.entries(pickles)) {
      expect({ protocol, ...readFeatureFile(decode(base64), { file }) }).toEqual({
        protocol,
        video: video ?? "cat-1",
        image: matrixOf(image),
        audio: matrixOf(audio),
      });
      const description = describeFeatureFile(decode(base64), { file });
      expect([description.video, description.problems]).toEqual([video ?? undefined, []]);
    }
  });
});

describe("what cannot be read as features is named by its class", () => {
  const image = "feature.image_pkl";
  const expected: Readonly<Record<string, string>> = {
    "masked values": `, ${image}: expected an array or a list of rows. Got an object of numpy.ma.MaskedArray with 2 masked values.`,
    text: `, ${image}: expected an array or a list of rows. Got an object of numpy.ndarray with the dtype U1 (text).`,
    "complex numbers": `, ${image}: expected an array or a list of rows. Got an object of numpy.ndarray with the dtype c8 (complex numbers).`,
    structured: `, ${image}: expected an array or a list of rows. Got an object of numpy.ndarray with the dtype V4 (records).`,
    float8: `, ${image}: expected an array or a list of rows. Got an object of numpy.ndarray with the dtype ml_dtypes.float8_e4m3fn.`,
    object: `, ${image}: expected an array or a list of rows. Got an object of __main__.Plain.`,
    "rows of two lengths": `, ${image} row 1: expected the shape (2) of row 0. Got (1).`,
    "arrays of two lengths": `, ${image} row 1: expected the shape (3) of row 0. Got (2).`,
    "rows and numbers": `, ${image} row 1: expected a row of numbers. Got 3.`,
    "text in a row": `, ${image} row 1, column 1: expected a number. Got the text "a".`,
    "no value in a row": `, ${image} row 0, column 1: expected a number. Got no value.`,
    "flat list": `, ${image}: expected the shape (rows, size). Got (2).`,
    "list of matrices": `, ${image}: expected the shape (rows, size). Got (2, 2, 3).`,
    feature: ", feature: expected a dict with image_pkl and audio_pkl. Got an object of __main__.Plain.",
    root: ": expected a dict with the key feature. Got an object of datetime.date.",
  };

  test("each of them", () => {
    expect(Object.keys(refused).sort()).toEqual(Object.keys(expected).sort());
  });

  test.each(Object.entries(refused))("%s", (name, pickles) => {
    for (const base64 of Object.values(pickles)) {
      expect(messageOf(() => readFeatureFile(decode(base64), { file }))).toBe(file + expected[name]);
    }
  });
});

describe("a file of another format is named as what it is", () => {
  const zip = (name: string) => bytesOf("PK", 3, 4, new Uint8Array(22), name.length, new Uint8Array(3), name);
  test.each<[string, Uint8Array, string]>([
    ["npy", decode(others["npy"] ?? ""), "an array saved by numpy.save (.npy)"],
    ["npz", decode(others["npz"] ?? ""), "arrays saved by numpy.savez (.npz)"],
    ["npz, compressed", decode(others["npz, compressed"] ?? ""), "arrays saved by numpy.savez (.npz)"],
    ["gzip", decode(others["gzip"] ?? ""), "a file compressed with gzip"],
    ["bz2", decode(others["bz2"] ?? ""), "a file compressed with bzip2"],
    ["xz", decode(others["xz"] ?? ""), "a file compressed with xz"],
    ["zstd", bytesOf(0x28, 0xb5, 0x2f, 0xfd, 4), "a file compressed with zstd"],
    ["HDF5", bytesOf(0x89, "HDF\r\n", 0x1a, "\n"), "an HDF5 file"],
    ["PyTorch", zip("archive/data.pkl"), "a file saved by torch.save (.pt)"],
    ["PyTorch before 1.6", bytesOf(0x80, 2, 0x8a, 10, ...MAGIC, ".", 0x80, 2), "a file saved by torch.save (.pt)"],
    ["zip", zip("cat-1.pkl"), "a zip archive"],
    ["an empty zip", bytesOf("PK", 5, 6, new Uint8Array(18)), "a zip archive"],
  ])("%s", (_, bytes, what) => {
    expect(messageOf(() => readFeatureFile(bytes, { file }))).toBe(`${file}: expected a pickle. Got ${what}.`);
  });
});

test("an OrderedDict of Python 2 is a dict", () => {
  const pickle = bytesOf("ccollections\nOrderedDict\n((l(lS'a'\naI1\naa(lS'b'\naI2\naatR.");
  expect(readPickle(pickle, { file })).toEqual(
    new Map([
      ["a", 1],
      ["b", 2],
    ]),
  );
});

test("a row that stands in a list again and again takes no more memory than its file", () => {
  // 65,536 times the same row of 65,536 numbers: 32 GiB.
  const row = bytesOf("](", ...Array.from({ length: 65_536 }, () => "N"), "eq", 1);
  const numbers = row.map((byte) => (byte === 0x4e ? 0x88 : byte)); // NEWTRUE
  const array = bytesOf(
    "cnumpy.core.numeric\n_frombuffer\n(B",
    0,
    0,
    1,
    0,
    new Uint8Array(65_536),
    "cnumpy\ndtype\n(S'u1'\ntR(I65536\ntS'C'\ntRq",
    1,
  );
  const list = bytesOf("(", ...Array.from({ length: 65_536 }, () => "h\u0001"), "l");
  for (const shared of [numbers, array]) {
    const pickle = bytesOf("(dS'feature'\n(dS'image_pkl'\n", shared, "0", list, "sS'audio_pkl'\n]ss.");
    expect(messageOf(() => readFeatureFile(pickle, { file }))).toMatch(
      /expected at most \d+ values\. Got (rows|lists) that unfold into more\.$/,
    );
  }
});

describe("opaque values", () => {
  const read = (...parts: readonly (number | string | Uint8Array)[]) => readPickle(bytesOf(...parts), { file });

  test("have the name of their class and nothing else", () => {
    const value = read("cdatetime\ndate\n(U", 4, 1, 2, 3, 4, "tR.");
    expect(value).toBeInstanceOf(OpaqueValue);
    expect(value).toMatchObject({ className: "datetime.date", detail: "" });
  });

  test.each([
    ["a class", ["cpathlib\nPath\n."]],
    ["a call", ["cpathlib\nPath\n)R."]],
    ["a new object", ["cpathlib\nPath\n)", 0x81, "."]],
    ["a new object with keywords", ["cpathlib\nPath\n)}", 0x92, "."]],
    ["an instance of Python 2", ["(ipathlib\nPath\n."]],
    ["an instance of Python 2, of a class on the stack", ["(cpathlib\nPath\nN", "o."]],
    ["an object with a state", ["cpathlib\nPath\n)", 0x81, "}b."]],
    ["a method", ["cpathlib\nPath\n)R)R."]],
    ["an object of copyreg's", ["ccopyreg\n_reconstructor\n(cpathlib\nPath\nNNtR."]],
    ["a kind of list", ["cpathlib\nPath\n)", 0x81, "Na."]],
  ])("%s", (_, parts) => {
    expect(read(...parts)).toMatchObject({ className: "pathlib.Path" });
  });
});
