import { compiledModule } from "./compiled-module.ts";

/** Tokens of several texts, one text after another. Views on memory that the next call overwrites. */
export type TokenRows = {
  /** Places in the vocabulary's list of tokens. */
  readonly tokens: Int32Array;
  /** For each text the place in `tokens` where its tokens end. */
  readonly ends: Uint32Array;
};

/** What assembly/index.ts exports. Addresses come as signed numbers. */
type Exports = {
  readonly memory: WebAssembly.Memory;
  reserveVocabulary(count: number, units: number): number;
  reserveTexts(count: number, units: number): number;
  buildTrie(count: number, unknown: number): void;
  tokenizeTexts(count: number, limit: number): number;
};

const LARGEST_UNSIGNED = 0xffff_ffff;

/** One WebAssembly instance with the trie of one vocabulary in its memory. */
export class Engine {
  readonly #exports: Exports;

  private constructor(exports: Exports) {
    this.#exports = exports;
  }

  /**
   * @param vocabulary tokens without repetition; their places in this list are what the engine answers with
   * @param unknown the place of [UNK]
   */
  static async create(vocabulary: readonly string[], unknown: number): Promise<Engine> {
    const instance = await WebAssembly.instantiate(await compiledModule(), {});
    const engine = new Engine(instance.exports as unknown as Exports);
    engine.#write(vocabulary, engine.#exports.reserveVocabulary);
    engine.#exports.buildTrie(vocabulary.length, unknown);
    return engine;
  }

  /**
   * @param limit the most tokens to make of a text; Infinity for all of them
   * @throws RangeError when the texts and their tokens do not fit into WebAssembly's memory
   */
  tokenize(texts: readonly string[], limit: number): TokenRows {
    if (texts.length === 0) return { tokens: new Int32Array(0), ends: new Uint32Array(0) };
    const { memory, reserveTexts, tokenizeTexts } = this.#exports;
    const address = this.#write(texts, reserveTexts);
    const tokensAddress = tokenizeTexts(texts.length, Math.min(limit, LARGEST_UNSIGNED)) >>> 0;
    if (tokensAddress === 0) throw tooLarge();
    const ends = new Uint32Array(memory.buffer, address, texts.length);
    return { tokens: new Int32Array(memory.buffer, tokensAddress, ends[texts.length - 1]), ends };
  }

  /** Answers the address where the texts lie: where each one ends, then the UTF-16 units of all. */
  #write(texts: readonly string[], reserve: (count: number, units: number) => number): number {
    const ends = new Uint32Array(texts.length);
    let total = 0;
    for (let index = 0; index < texts.length; index++) {
      const text: unknown = texts[index];
      if (typeof text !== "string") throw new TypeError(`A text must be a string. Got ${typeof text}.`);
      total += text.length;
      ends[index] = total;
    }
    const address = total > LARGEST_UNSIGNED ? 0 : reserve(texts.length, total) >>> 0;
    if (address === 0) throw tooLarge();

    // After the reservation, as it can move the memory.
    const { buffer } = this.#exports.memory;
    new Uint32Array(buffer, address, texts.length).set(ends);
    const units = new Uint16Array(buffer, address + ends.byteLength, total);
    let place = 0;
    for (const text of texts) {
      for (let index = 0; index < text.length; index++) units[place++] = text.charCodeAt(index);
    }
    return address;
  }
}

function tooLarge(): RangeError {
  return new RangeError("The texts and their tokens must fit into 4 GB, WebAssembly's memory. They do not.");
}
