import { Engine } from "./engine.ts";
import { parseVocabulary, type Vocabulary } from "./vocabulary.ts";

export type EncodeOptions = {
  /** The most ids of a result, [CLS] and [SEP] included: a whole number of 2 or more. ERNIE's titles take 50. */
  readonly maxLength: number;
};

export type EncodeBatchOptions = EncodeOptions & {
  /**
   * Answers where the ids go, given how many there are: a view on a tensor's memory, for instance, so that they are
   * written there and nowhere else. A longer one is filled from its beginning. Default: a new array.
   */
  readonly into?: ((size: number) => Int32Array) | undefined;
};

/** The ids of several texts, all padded to the length of the longest. */
export type EncodedBatch = {
  /** [texts, width], row after row: [CLS], the tokens' ids, [SEP], then the id of [PAD] up to the width. What `into` gave. */
  readonly ids: Int32Array;
  /** The length of the longest row; 0 when there are no texts. */
  readonly width: number;
  /** `[texts]`: the ids of each row that are not padding. */
  readonly lengths: Int32Array;
};

/** The ids of several texts, one text after another, without padding. */
export type EncodedTexts = {
  /** [CLS], the tokens' ids, [SEP] of each text. What `into` gave. */
  readonly ids: Int32Array;
  /** `[texts]`: the place in `ids` where each text ends and the next one begins. */
  readonly ends: Uint32Array;
};

/** The ids of two texts in one row. */
export type EncodedPair = {
  /** `[length]`: [CLS], the first text, [SEP], the second text, [SEP]. */
  readonly ids: Int32Array;
  /** `[length]`: 0 up to the first [SEP], 1 after it. */
  readonly sentenceIds: Int32Array;
};

/**
 * Turns texts into the ids that ERNIE 1.0 and BERT read: cleaned, lower-cased, stripped of accents, split into words at
 * white space, ideographs and punctuation, and each word into the longest pieces that the vocabulary has.
 *
 * The work is done in WebAssembly. Each tokenizer has an instance of its own, so any number of them work side by side;
 * one that is no longer referenced is garbage-collected, memory included. Its memory grows to what the longest text or
 * the largest batch needs, and stays so. Texts may hold anything; a lone surrogate is removed like a control character.
 *
 * Source: `FullTokenizer` in BERT's and ERNIE's tokenization.py, as it runs in Python 3.
 */
export class ErnieTokenizer {
  /** The id of [PAD], which fills the rows of a batch. */
  readonly padId: number;
  /** The id of [CLS], which begins every row. */
  readonly clsId: number;
  /** The id of [SEP], which ends every text. */
  readonly sepId: number;
  /** The id of [UNK], which stands for a word that the vocabulary cannot spell. */
  readonly unknownId: number;
  /** How many different tokens the vocabulary has. */
  readonly vocabularySize: number;
  /** One more than the largest id: the number of rows that an embedding table needs at least. */
  readonly idLimit: number;

  readonly #engine: Engine;
  readonly #tokens: readonly string[];
  /** The ids of #tokens. Two tokens may share one. */
  readonly #ids: Int32Array;
  readonly #tokenOfId: ReadonlyMap<number, string>;

  private constructor(engine: Engine, tokens: readonly string[], vocabulary: Vocabulary) {
    this.padId = vocabulary.padId;
    this.clsId = vocabulary.clsId;
    this.sepId = vocabulary.sepId;
    this.unknownId = vocabulary.unknownId;
    this.vocabularySize = tokens.length;
    this.#engine = engine;
    this.#tokens = tokens;
    this.#ids = Int32Array.from(vocabulary.idOfToken.values());
    this.#tokenOfId = new Map(Array.from(vocabulary.idOfToken, ([token, id]) => [id, token]));
    this.idLimit = this.#ids.reduce((limit, id) => Math.max(limit, id + 1), 0);
  }

  /**
   * @param source the vocabulary file, as text or as UTF-8: a line for each token, `token` or `token<TAB>id`, where the
   *   id is the line number (from 0) unless given. It needs [PAD], [CLS], [SEP] and [UNK].
   * @throws VocabularyError that says what is wrong and, for one line's fault, in which line
   */
  static async fromVocabulary(source: string | Uint8Array): Promise<ErnieTokenizer> {
    const vocabulary = parseVocabulary(source);
    const tokens = [...vocabulary.idOfToken.keys()];
    return new ErnieTokenizer(await Engine.create(tokens, tokens.indexOf("[UNK]")), tokens, vocabulary);
  }

  /** @returns the pieces of a text as the vocabulary writes them: all of them, without [CLS] and [SEP] */
  tokenize(text: string): string[] {
    const { tokens } = this.#engine.tokenize([text], Number.POSITIVE_INFINITY);
    return Array.from(tokens, (token) => this.#tokens[token] ?? "");
  }

  /**
   * @returns [length], at most maxLength: [CLS], the ids of the first pieces, [SEP]
   * @throws RangeError when maxLength is not a whole number of 2 or more
   */
  encode(text: string, options: EncodeOptions): Int32Array {
    return this.encodeBatch([text], options).ids;
  }

  /**
   * The same ids as `encode` gives for each text, in one call.
   *
   * @throws RangeError when maxLength is not a whole number of 2 or more, the texts do not fit into WebAssembly's memory
   *   of 4 GB, or `into` gives fewer places than there are ids
   */
  encodeBatch(texts: readonly string[], { maxLength, into }: EncodeBatchOptions): EncodedBatch {
    checkMaxLength(maxLength, 2);
    const { tokens, ends } = this.#engine.tokenize(texts, maxLength - 2);
    const lengths = new Int32Array(ends.length);
    let width = 0;
    for (let row = 0, start = 0; row < ends.length; row++) {
      const end = ends[row] as number;
      const length = end - start + 2;
      lengths[row] = length;
      if (length > width) width = length;
      start = end;
    }
    const ids = placesFor(texts.length * width, into);
    this.#writeTexts(ids, tokens, ends, width);
    return { ids, width, lengths };
  }

  /**
   * The same ids as `encode` gives for each text, in one call and without padding.
   *
   * @throws RangeError as `encodeBatch`
   */
  encodeAll(texts: readonly string[], { maxLength, into }: EncodeBatchOptions): EncodedTexts {
    checkMaxLength(maxLength, 2);
    const { tokens, ends: tokenEnds } = this.#engine.tokenize(texts, maxLength - 2);
    const ends = tokenEnds.map((end, row) => end + 2 * (row + 1));
    const ids = placesFor(ends.at(-1) ?? 0, into);
    this.#writeTexts(ids, tokens, tokenEnds, 0);
    return { ids, ends };
  }

  /**
   * Two texts in one row, as for a sentence-pair task. When they are too long together, pieces are taken from the end of
   * the longer one, or of the second when they are equally long. A second text without pieces counts as no second text.
   *
   * @throws RangeError when maxLength is not a whole number of 2 or more, or of 3 or more with two texts
   */
  encodePair(first: string, second: string, { maxLength }: EncodeOptions): EncodedPair {
    checkMaxLength(maxLength, 2);
    const { tokens, ends } = this.#engine.tokenize([first, second], maxLength);
    const [firstEnd = 0, secondEnd = 0] = ends;
    let firstLength = firstEnd;
    let secondLength = secondEnd - firstEnd;
    const isPair = secondLength > 0;
    if (isPair) checkMaxLength(maxLength, 3);

    const room = maxLength - (isPair ? 3 : 2);
    while (firstLength + secondLength > room) {
      if (firstLength > secondLength) firstLength--;
      else secondLength--;
    }
    const ids = new Int32Array(firstLength + secondLength + (isPair ? 3 : 2));
    const sentenceIds = new Int32Array(ids.length);
    ids[0] = this.clsId;
    this.#writeText(ids, 1, tokens, 0, firstLength);
    if (isPair) {
      this.#writeText(ids, firstLength + 2, tokens, firstEnd, firstEnd + secondLength);
      sentenceIds.fill(1, firstLength + 2);
    }
    return { ids, sentenceIds };
  }

  /**
   * The text that ids stand for, as far as they tell: pieces with a space in between, those that begin with "##" joined to
   * the one before. [CLS], [SEP] and [PAD] are left out. Where several tokens share an id, the last one speaks for it.
   *
   * @throws RangeError when an id belongs to no token
   */
  decode(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) {
      if (id === this.clsId || id === this.sepId || id === this.padId) continue;
      const token = this.#tokenOfId.get(id);
      if (token === undefined) throw new RangeError(`An id must belong to a token of the vocabulary. Got ${id}.`);
      if (text === "") text = token;
      else text += token.startsWith("##") ? token.slice(2) : ` ${token}`;
    }
    return text;
  }

  /** Writes each text's row: [CLS], the ids of its tokens, [SEP], and [PAD] up to the width. */
  #writeTexts(ids: Int32Array, tokens: Int32Array, ends: Uint32Array, width: number): void {
    const { clsId, sepId, padId } = this;
    const idOfToken = this.#ids;
    let place = 0;
    let index = 0;
    // Plain loops: iterators and calls would take longer than the tokenizer itself.
    for (let row = 0; row < ends.length; row++) {
      const rowEnd = place + width;
      const end = ends[row] as number;
      ids[place++] = clsId;
      while (index < end) ids[place++] = idOfToken[tokens[index++] as number] as number;
      ids[place++] = sepId;
      while (place < rowEnd) ids[place++] = padId;
    }
  }

  /** Writes the ids of a text's tokens and [SEP]. */
  #writeText(ids: Int32Array, at: number, tokens: Int32Array, start: number, end: number): void {
    let place = at;
    for (let index = start; index < end; index++) ids[place++] = this.#ids[tokens[index] ?? 0] ?? 0;
    ids[place] = this.sepId;
  }
}

function placesFor(size: number, into: EncodeBatchOptions["into"]): Int32Array {
  const ids = into ? into(size) : new Int32Array(size);
  if (ids.length < size) throw new RangeError(`into must give ${size} places or more. Got ${ids.length}.`);
  return ids;
}

function checkMaxLength(maxLength: number, least: number): void {
  if (!Number.isInteger(maxLength) || maxLength < least) {
    const what = least === 2 ? "" : " for two texts";
    throw new RangeError(`maxLength must be a whole number of ${least} or more${what}. Got ${maxLength}.`);
  }
}
