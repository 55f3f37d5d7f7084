import { RandomStream } from "../../src/core/random-stream.ts";

/** Longer inputs take longer and find no more. */
const MAX_LENGTH = 2 ** 16;

/** Words that mean something in one of the formats. */
const TEXT_TOKENS = [
  ..."[]{}(),:=\"'#%\\\t\r\n;-+._ ",
  ..."\u0000\u0085\u00a0\u200b\u202e\u2028\ufeff\ufffd",
  ...["null", "true", "NaN", "1e999", "-0", "9007199254740993", "1".repeat(400), "\\u0000", "\\ud800", "\\N{DASH}"],
  ...["None", "True", "'''", 'r"', "b'", "%%", "%(x)s", "[MODEL]", "[DEFAULT]", "__proto__", "constructor", "\r\n"],
  ...["[UNK]", "##", "a\tb\tc", "\t0", "\t2147483648", '"dtype":"F32"', '"shape":[0]', '"data_offsets":[0,8]'],
];

/** Opcodes of pickles, NumPy's constructors among them. */
const PICKLE_TOKENS = [
  ..."().0125BFIJKLMNPQRSTUVX]abcdeghijloprstu}",
  ..."\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98",
  ...["cnumpy\nndarray\n", "cnumpy\ndtype\n", "cnumpy.core.multiarray\n_reconstruct\n", "ccollections\nOrderedDict\n"],
  ...["cnumpy.core.multiarray\nscalar\n", "cnumpy.core.numeric\n_frombuffer\n", "cnumpy.ma.core\n_mareconstruct\n"],
  ...[
    "ccopy_reg\n_reconstructor\n",
    "c_codecs\nencode\n",
    "cdatetime\ndate\n",
    "cos\nsystem\n",
    "cml_dtypes\nbfloat16\n",
  ],
  ...[
    "(I0\nt",
    "S'O8'\n",
    "S'U3'\n",
    "S'f4'\n",
    "X\x09\0\0\0image_pkl",
    "X\x09\0\0\0__proto__",
    "h\0",
    "q\0",
    ")R",
    "tR",
  ],
];

const TOKENS: readonly Uint8Array[] = [
  ...TEXT_TOKENS.map((text) => new TextEncoder().encode(text)),
  ...PICKLE_TOKENS.map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0))),
];

/** Numbers that lengths, counts and indices go wrong at. */
const NUMBERS = [0n, 1n, 2n, 127n, 128n, 255n, 256n, 65535n, 65536n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n];
const LARGE_NUMBERS = [2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
const BYTES = [0, 1, 0x28, 0x2e, 0x7f, 0x80, 0xfe, 0xff];

/** Input number `index` of a seed, made of a corpus: always the same bytes. */
export function mutated(corpus: readonly Uint8Array[], seed: number, name: string, index: number): Uint8Array {
  const random = new RandomStream(seed).fork(name).fork(index);
  let bytes = pick(random, corpus);
  const changes = 1 + random.nextInteger(6);
  for (let change = 0; change < changes; change++) bytes = mutate(bytes, corpus, random).slice(0, MAX_LENGTH);
  return bytes;
}

function mutate(bytes: Uint8Array, corpus: readonly Uint8Array[], random: RandomStream): Uint8Array {
  const at = random.nextInteger(bytes.length + 1);
  const before = bytes.subarray(0, at);
  const length = 1 + random.nextInteger(random.nextInteger(8) === 0 ? 4096 : 16);
  switch (random.nextInteger(10)) {
    case 0: // a bit
      return Uint8Array.from(bytes, (byte, place) => (place === at ? byte ^ (1 << random.nextInteger(8)) : byte));
    case 1: // a byte
      return Uint8Array.from(bytes, (byte, place) => (place === at ? pick(random, BYTES) : byte));
    case 2: // a piece less
      return joined(before, bytes.subarray(at + length));
    case 3: // the end missing
      return before.slice();
    case 4: // a piece twice, or very often
      return repeated(bytes, at, length, random);
    case 5: // a piece of another file
      return spliced(bytes, at, pick(random, corpus), random);
    case 6: // a word more
      return joined(before, pick(random, TOKENS), bytes.subarray(at));
    case 7: // a word instead
      return joined(before, pick(random, TOKENS), bytes.subarray(at + length));
    case 8: // another length
      return withNumber(bytes, at, random);
    default: // another number in digits
      return withDigits(bytes, random);
  }
}

function repeated(bytes: Uint8Array, at: number, length: number, random: RandomStream): Uint8Array {
  const piece = bytes.subarray(at, at + length);
  const times = random.nextInteger(8) === 0 ? 1 + random.nextInteger(5000) : 1 + random.nextInteger(4);
  const room = Math.max(0, MAX_LENGTH - bytes.length);
  const count = piece.length === 0 ? 0 : Math.min(times, Math.floor(room / piece.length));
  return joined(bytes.subarray(0, at), ...Array.from({ length: count }, () => piece), bytes.subarray(at));
}

function spliced(bytes: Uint8Array, at: number, other: Uint8Array, random: RandomStream): Uint8Array {
  const begin = random.nextInteger(other.length + 1);
  const piece = other.subarray(begin, begin + 1 + random.nextInteger(200));
  return joined(bytes.subarray(0, at), piece, bytes.subarray(at + random.nextInteger(2) * piece.length));
}

function withNumber(bytes: Uint8Array, at: number, random: RandomStream): Uint8Array {
  const size = pick(random, [1, 2, 4, 8]);
  const result = bytes.slice();
  if (at + size > result.length) return result;
  const number = pick(random, size === 8 ? [...NUMBERS, ...LARGE_NUMBERS, BigInt(bytes.length)] : NUMBERS);
  for (let place = 0; place < size; place++) result[at + place] = Number((number >> BigInt(8 * place)) & 0xffn);
  return result;
}

/** Puts another number where the bytes have one in decimal digits. */
function withDigits(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
  const from = random.nextInteger(bytes.length + 1);
  const start = bytes.findIndex((byte, index) => index >= from && isDigit(byte));
  if (start === -1) return bytes;
  let end = start;
  while (isDigit(bytes[end])) end++;
  const digits = new TextEncoder().encode(String(pick(random, [...NUMBERS, ...LARGE_NUMBERS])));
  return joined(bytes.subarray(0, start), digits, bytes.subarray(end));
}

function pick<Item>(random: RandomStream, items: readonly Item[]): Item {
  return items[random.nextInteger(items.length)] as Item;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
