import { FormatError } from "./format-error.ts";

/**
 * Reads little-endian fields one after another and never past the end.
 * Every claim of a length is checked against the bytes that are there before anything is made of it.
 */
export class ByteReader {
  readonly file: string;
  readonly bytes: Uint8Array;
  offset = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, file: string) {
    this.file = file;
    // A plain view: parts of a Node Buffer would be Buffers again.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  error(problem: string, offset: number = this.offset): FormatError {
    return new FormatError(this.file, `byte ${offset}`, problem);
  }

  /** The next `count` bytes, as a view. `what` names them in the error when they are not all there. */
  take(count: number | bigint, what: string): Uint8Array {
    const start = this.#skip(count, what);
    return this.bytes.subarray(start, this.offset);
  }

  /** The bytes up to the next newline, which is read over. */
  takeLine(what: string): Uint8Array {
    const newline = this.bytes.indexOf(0x0a, this.offset);
    if (newline === -1) throw this.error(`expected a line with ${what}. Got no end of line.`);
    const line = this.bytes.subarray(this.offset, newline);
    this.offset = newline + 1;
    return line;
  }

  uint8(what: string): number {
    return this.#view.getUint8(this.#skip(1, what));
  }

  uint16(what: string): number {
    return this.#view.getUint16(this.#skip(2, what), true);
  }

  uint32(what: string): number {
    return this.#view.getUint32(this.#skip(4, what), true);
  }

  int32(what: string): number {
    return this.#view.getInt32(this.#skip(4, what), true);
  }

  uint64(what: string): bigint {
    return this.#view.getBigUint64(this.#skip(8, what), true);
  }

  float64BigEndian(what: string): number {
    return this.#view.getFloat64(this.#skip(8, what), false);
  }

  /** Moves on and returns where the bytes that were moved over begin. */
  #skip(count: number | bigint, what: string): number {
    if (count > this.remaining) {
      throw this.error(`expected ${count} bytes of ${what}. Got ${this.remaining}: the file ends there.`);
    }
    const start = this.offset;
    this.offset += Number(count);
    return start;
  }
}
