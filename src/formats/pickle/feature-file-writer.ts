import { checkArray, littleEndianBytes } from "../numeric-array.ts";
import type { FeatureFile, FeatureMatrix } from "./feature-file.ts";
import { OPCODES } from "./pickle-opcodes.ts";

/**
 * Writes a feature file: what NumPy 1.26 writes in pickle protocol 4 for float32 arrays, byte for byte but for the frame
 * marks, which are optional. NumPy 1 and 2 both read it.
 *
 * @throws RangeError when the file would not read back: a matrix without rows x size values, an image without rows,
 *   a value that is not finite, or a video name that is no Unicode text
 */
export function writeFeatureFile({ video, image, audio }: FeatureFile): Uint8Array {
  if (image.rows === 0) throw new RangeError("image must have at least 1 row. Got none.");
  checkMatrix(image, "image");
  checkMatrix(audio, "audio");
  if (/\p{Cs}/u.test(video)) throw new RangeError("video must be Unicode text. Got half of a surrogate pair.");
  const pickle = new PickleWriter();
  pickle.bytes([OPCODES.PROTO, 4]);
  pickle.stored(OPCODES.EMPTY_DICT);
  pickle.bytes([OPCODES.MARK]);
  pickle.text("feature");
  pickle.stored(OPCODES.EMPTY_DICT);
  pickle.bytes([OPCODES.MARK]);
  pickle.text("image_pkl");
  const shared = writeFirstArray(pickle, image);
  pickle.text("audio_pkl");
  writeNextArray(pickle, audio, shared);
  pickle.bytes([OPCODES.SETITEMS]);
  pickle.text("video");
  pickle.text(video);
  pickle.bytes([OPCODES.SETITEMS, OPCODES.STOP]);
  return pickle.finish();
}

function checkMatrix({ rows, size, data }: FeatureMatrix, name: string): void {
  checkArray({ dtype: "float32", shape: [rows, size], data }, name);
  if ((rows > 0 && size === 0) || Math.max(rows, size) >= 2 ** 31) {
    throw new RangeError(`${name} must have rows and columns from 1 to 2 ** 31 - 1. Got ${rows} x ${size}.`);
  }
  const position = data.findIndex((value) => !Number.isFinite(value));
  if (position !== -1) throw new RangeError(`${name} must be finite. Got ${data[position]} at position ${position}.`);
}

/** Memo entries that the first array leaves for the next one. */
interface SharedEntries {
  readonly reconstruct: number;
  readonly ndarray: number;
  readonly typecode: number;
  readonly dtype: number;
}

function writeFirstArray(pickle: PickleWriter, matrix: FeatureMatrix): SharedEntries {
  // This spelling of the module is the one that every NumPy knows: numpy._core came with 1.26.
  pickle.text("numpy.core.multiarray");
  pickle.text("_reconstruct");
  const reconstruct = pickle.stored(OPCODES.STACK_GLOBAL);
  const numpy = pickle.text("numpy");
  pickle.text("ndarray");
  const ndarray = pickle.stored(OPCODES.STACK_GLOBAL);
  pickle.bytes([OPCODES.BININT1, 0]);
  pickle.stored(OPCODES.TUPLE1);
  const typecode = pickle.data(new TextEncoder().encode("b"));
  startArray(pickle, matrix);
  pickle.bytes([OPCODES.BINGET, numpy]);
  pickle.text("dtype");
  pickle.stored(OPCODES.STACK_GLOBAL);
  pickle.text("f4");
  pickle.bytes([OPCODES.NEWFALSE, OPCODES.NEWTRUE]);
  pickle.stored(OPCODES.TUPLE3);
  const dtype = pickle.stored(OPCODES.REDUCE);
  // The dtype's state: (3, '<', None, None, None, -1, -1, 0).
  pickle.bytes([OPCODES.MARK, OPCODES.BININT1, 3]);
  pickle.text("<");
  pickle.bytes([OPCODES.NONE, OPCODES.NONE, OPCODES.NONE]);
  const minusOne = [OPCODES.BININT, 0xff, 0xff, 0xff, 0xff];
  pickle.bytes([...minusOne, ...minusOne, OPCODES.BININT1, 0]);
  pickle.stored(OPCODES.TUPLE);
  pickle.bytes([OPCODES.BUILD]);
  finishArray(pickle, matrix);
  return { reconstruct, ndarray, typecode, dtype };
}

function writeNextArray(pickle: PickleWriter, matrix: FeatureMatrix, shared: SharedEntries): void {
  pickle.bytes([OPCODES.BINGET, shared.reconstruct, OPCODES.BINGET, shared.ndarray, OPCODES.BININT1, 0]);
  pickle.stored(OPCODES.TUPLE1);
  pickle.bytes([OPCODES.BINGET, shared.typecode]);
  startArray(pickle, matrix);
  pickle.bytes([OPCODES.BINGET, shared.dtype]);
  finishArray(pickle, matrix);
}

/** Calls _reconstruct and begins the array's state (1, shape, dtype, False, bytes), up to the dtype. */
function startArray(pickle: PickleWriter, { rows, size }: FeatureMatrix): void {
  pickle.stored(OPCODES.TUPLE3);
  pickle.stored(OPCODES.REDUCE);
  pickle.bytes([OPCODES.MARK, OPCODES.BININT1, 1]);
  pickle.wholeNumber(rows);
  pickle.wholeNumber(size);
  pickle.stored(OPCODES.TUPLE2);
}

function finishArray(pickle: PickleWriter, { rows, size, data }: FeatureMatrix): void {
  pickle.bytes([OPCODES.NEWFALSE]);
  pickle.data(littleEndianBytes({ dtype: "float32", shape: [rows, size], data }));
  pickle.stored(OPCODES.TUPLE);
  pickle.bytes([OPCODES.BUILD]);
}

/** Collects opcodes; like Python's own pickler, it stores in the memo whatever an object could refer to again. */
class PickleWriter {
  readonly #parts: Uint8Array[] = [];
  #memoEntries = 0;

  bytes(bytes: readonly number[]): void {
    this.#parts.push(Uint8Array.from(bytes));
  }

  /** @returns the memo entry that the value of the opcode is stored in */
  stored(opcode: number): number {
    this.bytes([opcode]);
    return this.#memoize();
  }

  text(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.#counted(bytes, OPCODES.SHORT_BINUNICODE, OPCODES.BINUNICODE, OPCODES.BINUNICODE8);
    return this.#memoize();
  }

  data(bytes: Uint8Array): number {
    this.#counted(bytes, OPCODES.SHORT_BINBYTES, OPCODES.BINBYTES, OPCODES.BINBYTES8);
    return this.#memoize();
  }

  wholeNumber(value: number): void {
    if (value < 2 ** 8) this.bytes([OPCODES.BININT1, value]);
    else if (value < 2 ** 16) this.bytes([OPCODES.BININT2, ...littleEndian(value, 2)]);
    else this.bytes([OPCODES.BININT, ...littleEndian(value, 4)]);
  }

  finish(): Uint8Array {
    const result = new Uint8Array(this.#parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of this.#parts) {
      result.set(part, offset);
      offset += part.length;
    }
    return result;
  }

  #counted(bytes: Uint8Array, shortOpcode: number, opcode: number, longOpcode: number): void {
    if (bytes.length < 2 ** 8) this.bytes([shortOpcode, bytes.length]);
    else if (bytes.length < 2 ** 32) this.bytes([opcode, ...littleEndian(bytes.length, 4)]);
    else this.bytes([longOpcode, ...littleEndian(bytes.length, 8)]);
    this.#parts.push(bytes);
  }

  #memoize(): number {
    this.bytes([OPCODES.MEMOIZE]);
    return this.#memoEntries++;
  }
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) % 256);
}
