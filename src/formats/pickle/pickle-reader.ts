import { ByteReader } from "../byte-reader.ts";
import { type FormatError, quote } from "../format-error.ts";
import { plainInteger } from "../integer.ts";
import { decodeUtf8 } from "../text.ts";
import { opcodeName } from "./pickle-opcodes.ts";
import { decodeLatin1, decodeLong, decodeRawUnicodeEscape, decodeStringLine } from "./pickle-text.ts";

const LONGEST_INTEGER = 256; // bytes
const LONGEST_LINE = 1024; // bytes, of a number or a name

/** Reads opcodes and what stands behind them. Errors are at the opcode. */
export class PickleReader {
  readonly bytes: ByteReader;
  #opcodeOffset = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.bytes = new ByteReader(bytes, file);
  }

  error(problem: string): FormatError {
    return this.bytes.error(problem, this.#opcodeOffset);
  }

  opcode(): number {
    this.#opcodeOffset = this.bytes.offset;
    if (this.bytes.remaining > 0) return this.bytes.uint8("an opcode");
    const came = this.bytes.offset === 0 ? "an empty file" : "the end of the file";
    throw this.error(`expected a pickle up to its STOP. Got ${came}.`);
  }

  /** For opcodes of class instances, sets, persistent ids and extension codes, and for bytes that are no opcode. */
  unusable(opcode: number): FormatError {
    const name = opcodeName(opcode);
    if (name === undefined) {
      return this.error(`expected a pickle. Got 0x${opcode.toString(16).padStart(2, "0")}, which is no opcode.`);
    }
    return this.error(`expected dicts, lists, text, numbers and NumPy arrays. Got ${name}, which was not run.`);
  }

  line(what: string): string {
    const line = this.bytes.takeLine(what);
    const text = line.length <= LONGEST_LINE ? decodeLatin1(line) : undefined;
    if (text !== undefined) return text.trim();
    throw this.error(`expected ${what} of at most ${LONGEST_LINE} bytes. Got ${line.length}.`);
  }

  memoIndexLine(): number {
    const line = this.line("a memo index");
    if (!/^\d{1,10}$/.test(line)) throw this.error(`expected a memo index. Got ${quote(line)}.`);
    return Number(line);
  }

  /** INT: a whole number, or a boolean of protocols 0 and 1, as 00 or 01. */
  integerOrBooleanLine(): boolean | number | bigint {
    const line = this.line("an integer");
    if (line === "00") return false;
    if (line === "01") return true;
    return this.#integer(line);
  }

  /** LONG: a whole number, with an L at its end. */
  longLine(): number | bigint {
    return this.#integer(this.line("an integer").replace(/L$/, ""));
  }

  long(length: number): number | bigint {
    if (length > LONGEST_INTEGER) {
      throw this.error(`expected an integer of at most ${LONGEST_INTEGER} bytes. Got ${length}.`);
    }
    return plainInteger(decodeLong(this.bytes.take(length, "an integer")));
  }

  floatLine(): number {
    const line = this.line("a float");
    const named = { inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY, nan: Number.NaN };
    if (Object.hasOwn(named, line)) return named[line as keyof typeof named];
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(line)) throw this.error(`expected a float. Got ${quote(line)}.`);
    return Number(line);
  }

  text(length: number | bigint): string {
    return this.#whole(decodeUtf8(this.bytes.take(length, "text")), "UTF-8 text");
  }

  escapedTextLine(): string {
    return this.#whole(decodeRawUnicodeEscape(this.bytes.takeLine("text")), "escaped text");
  }

  stringLine(): Uint8Array {
    return this.#whole(decodeStringLine(this.bytes.takeLine("a string")), "a string in quotes");
  }

  #integer(text: string): number | bigint {
    if (!/^[-+]?\d+$/.test(text)) throw this.error(`expected an integer. Got ${quote(text)}.`);
    return plainInteger(BigInt(text.replace(/^\+/, "")));
  }

  #whole<Value>(value: Value | undefined, expected: string): Value {
    if (value === undefined) throw this.error(`expected ${expected}. Got a broken one.`);
    return value;
  }
}
