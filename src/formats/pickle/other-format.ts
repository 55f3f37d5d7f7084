import { decodeLatin1 } from "./pickle-text.ts";

/** First bytes, as Latin-1, of files that are taken for feature files. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ["\x93NUMPY", "an array saved by numpy.save (.npy)"],
  ["\x1f\x8b", "a file compressed with gzip"],
  // The whole beginning of a first block, or of the end: a text may begin with the first three letters.
  ...[..."123456789"].flatMap((level) => {
    return ["1AY&SY", "\x17rE8P\x90"].map((next) => [`BZh${level}${next}`, "a file compressed with bzip2"] as const);
  }),
  ["\xfd7zXZ\0", "a file compressed with xz"],
  ["\x28\xb5\x2f\xfd", "a file compressed with zstd"],
  ["\x89HDF\r\n\x1a\n", "an HDF5 file"],
  // A pickle of PyTorch's own magic number stands before the others in what torch.save wrote before version 1.6.
  ["\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a file saved by torch.save (.pt)"],
];

/** A zip archive's first entry, or its end where it has none. */
const ZIP_BEGINNINGS = ["PK\x03\x04", "PK\x05\x06"];
/** Where a zip archive's first entry has the length of its name, and the name. */
const ZIP_NAME_LENGTH = 26;
const ZIP_NAME = 30;

/** What a file is that is no pickle, by its first bytes; undefined when they tell nothing. */
export function otherFormat(bytes: Uint8Array): string | undefined {
  const begin = decodeLatin1(bytes.subarray(0, 300)) ?? "";
  if (!ZIP_BEGINNINGS.some((magic) => begin.startsWith(magic)))
    return BEGINNINGS.find(([magic]) => begin.startsWith(magic))?.[1];
  const name = begin.slice(ZIP_NAME, ZIP_NAME + begin.charCodeAt(ZIP_NAME_LENGTH));
  if (name.endsWith(".npy")) return "arrays saved by numpy.savez (.npz)";
  if (/^[^/]+\/(data\.pkl|byteorder|\.format_version)$/.test(name)) return "a file saved by torch.save (.pt)";
  return "a zip archive";
}

/** The same for those who expect no pickle: one of protocol 2 or later is told by its beginning too. */
export function otherFormatOrPickle(bytes: Uint8Array): string | undefined {
  const [mark, protocol = 0] = bytes;
  const isPickle = mark === 0x80 && protocol >= 2 && protocol <= 5;
  return otherFormat(bytes) ?? (isPickle ? "a pickle, such as a feature file" : undefined);
}
