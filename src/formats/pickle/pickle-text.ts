/** Characters of a text that is decoded here; an engine's own limit, which is an error of another kind, is higher. */
const LONGEST_TEXT = 2 ** 28;

/**
 * Latin-1: byte n is the character U+00nn. (TextDecoder's "latin1" is another encoding, windows-1252.)
 * Undefined when that is too long.
 */
export function decodeLatin1(bytes: Uint8Array): string | undefined {
  if (bytes.length > LONGEST_TEXT) return undefined;
  const parts: string[] = [];
  const step = 8192; // as many arguments as every engine's apply takes
  for (let start = 0; start < bytes.length; start += step) {
    parts.push(String.fromCharCode(...bytes.subarray(start, start + step)));
  }
  return parts.join("");
}

/** UTF-32, as NumPy stores text. Undefined when it is too long or no such text. */
export function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string | undefined {
  if (bytes.length % 4 !== 0 || bytes.length / 4 > LONGEST_TEXT) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 4) {
    const code = view.getUint32(offset, littleEndian);
    if (code > 0x10ffff) return undefined;
    parts.push(String.fromCodePoint(code));
  }
  return parts.join("");
}

/** The bytes of Latin-1 text, or undefined when a character is beyond it. */
export function encodeLatin1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return undefined;
    bytes[index] = code;
  }
  return bytes;
}

/**
 * The text of a protocol 0 UNICODE line: Latin-1 with \uXXXX and \UXXXXXXXX; any other backslash is itself.
 * Undefined when an escape is broken. Source: Python's codec raw_unicode_escape.
 */
export function decodeRawUnicodeEscape(line: Uint8Array): string | undefined {
  let broken = false;
  // A backslash takes the character after it along, so that the second of two backslashes starts no escape.
  const sequences = /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|[\s\S])/g;
  const text = decodeLatin1(line)?.replace(sequences, (whole, short, long) => {
    const digits: string | undefined = short ?? long;
    const code = Number.parseInt(digits ?? "0", 16);
    broken ||= code > 0x10ffff || (digits === undefined && /[uU]/.test(whole));
    return digits === undefined || broken ? whole : String.fromCodePoint(code);
  });
  return broken ? undefined : text;
}

/**
 * The bytes that a protocol 0 STRING line stands for: Python 2's repr of a str, in quotes, with escapes and with raw
 * bytes. Undefined when the quotes or an escape are broken. Source: Python's codecs.escape_decode.
 */
export function decodeStringLine(line: Uint8Array): Uint8Array | undefined {
  const end = line.length - (line.at(-1) === 0x0d ? 2 : 1);
  if (end < 1 || line[0] !== line[end] || (line[0] !== 0x22 && line[0] !== 0x27)) return undefined;
  const result = new Uint8Array(end);
  let length = 0;
  for (let index = 1; index < end; ) {
    const byte = line[index++] as number;
    if (byte !== BACKSLASH) {
      result[length++] = byte;
      continue;
    }
    if (index === end) return undefined;
    const letter = String.fromCharCode(line[index] as number);
    if (letter === "x") {
      const high = digit(line[index + 1], 16);
      const low = digit(line[index + 2], 16);
      if (high === undefined || low === undefined) return undefined; // the closing quote is no digit
      result[length++] = high * 16 + low;
      index += 3;
    } else if (digit(line[index], 8) !== undefined) {
      let value = 0;
      for (let digits = 0; digits < 3; digits++, index++) {
        const next = digit(line[index], 8);
        if (next === undefined) break;
        value = value * 8 + next;
      }
      result[length++] = value;
    } else {
      const known = STRING_ESCAPES[letter as keyof typeof STRING_ESCAPES];
      if (known === undefined) result[length++] = BACKSLASH; // no escape: both characters stay
      result[length++] = known ?? (line[index] as number);
      index++;
    }
  }
  return result.subarray(0, length);
}

const BACKSLASH = 0x5c;
const STRING_ESCAPES = { "\\": 0x5c, "'": 0x27, '"': 0x22, a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

function digit(code: number | undefined, base: 8 | 16): number | undefined {
  const value = code === undefined ? Number.NaN : Number.parseInt(String.fromCharCode(code), base);
  return Number.isNaN(value) ? undefined : value;
}

/** A whole number in little-endian two's complement, as LONG1 and LONG4 hold it; no bytes are 0. */
export function decodeLong(bytes: Uint8Array): bigint {
  let hexadecimal = "0x0";
  for (const byte of bytes.toReversed()) hexadecimal += byte.toString(16).padStart(2, "0");
  return BigInt.asIntN(bytes.length * 8, BigInt(hexadecimal));
}
