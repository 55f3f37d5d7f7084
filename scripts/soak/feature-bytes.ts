/** A matrix of one byte per value, which is the most rows that a file of some size can hold. */
export interface ByteMatrix {
  readonly rows: number;
  readonly size: number;
  readonly data: Uint8Array;
}

/** A feature file of one-byte values, as NumPy pickles `uint8`; `writeFeatureFile` writes float32 alone. */
export function featureFileOfBytes(image: ByteMatrix, audio: ByteMatrix): Buffer {
  const dict = (...entries: Buffer[]) => join("}(", ...entries, "u");
  const feature = dict(text("image_pkl"), array(image), text("audio_pkl"), array(audio));
  return join("\x80\x04", dict(text("feature"), feature, text("video"), text("video")), ".");
}

function array({ rows, size, data }: ByteMatrix): Buffer {
  const empty = join("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01btR");
  const dtype = join(
    "cnumpy\ndtype\n(",
    text("u1"),
    "\x89\x88tR(K\x03",
    text("|"),
    "NNNJ",
    int(-1),
    "J",
    int(-1),
    "K\0tb",
  );
  return join(
    empty,
    "(K\x01(J",
    int(rows),
    "J",
    int(size),
    "t",
    dtype,
    "\x89B",
    int(data.length),
    Buffer.from(data),
    "tb",
  );
}

function text(value: string): Buffer {
  return join("X", int(value.length), value);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** Letters stand for opcodes: Latin-1, a byte each. */
function join(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
}
