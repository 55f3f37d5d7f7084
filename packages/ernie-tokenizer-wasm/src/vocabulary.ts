import { decodeUtf8 } from "./decode-utf8.ts";
import { VocabularyError } from "./vocabulary-error.ts";

export type Vocabulary = {
  /** In the order in which the tokens first appear. */
  readonly idOfToken: ReadonlyMap<string, number>;
  readonly padId: number;
  readonly clsId: number;
  readonly sepId: number;
  readonly unknownId: number;
};

const LARGEST_ID = 0x7fff_ffff;
/** Twenty times the largest vocabulary; a file of more lines is of another kind. */
const MAX_LINES = 2 ** 22;
const LONGEST_QUOTE = 40;

/** What Python's `str.strip` takes away; JavaScript's `trim` differs in U+001C to U+001F, U+0085 and U+FEFF. */
const WHITE_SPACE =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
  "\u2028\u2029\u202f\u205f\u3000";

/**
 * Reads a vocabulary file: a line for each token, `token` or `token<TAB>id`. Without an id the line number, from 0, is
 * the id. The last line of a token counts; a line of three columns or more ends the reading, as in the original.
 *
 * Source: `load_vocab` in BERT's and ERNIE's tokenization.py.
 *
 * @throws VocabularyError when the bytes are not UTF-8, an id is not a whole number from 0 to 2147483647, or there is no
 *   [PAD], [CLS], [SEP] or [UNK]
 */
export function parseVocabulary(source: string | Uint8Array): Vocabulary {
  const text = typeof source === "string" ? source : decodeUtf8(source);
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/, MAX_LINES + 1);
  if (lines.length > MAX_LINES) throw new VocabularyError(`it must have at most ${MAX_LINES} lines. It has more.`);
  if (lines.at(-1) === "") lines.pop();

  const idOfToken = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    const [token = "", id, ...others] = strip(line).split("\t");
    if (others.length > 0) break;
    idOfToken.set(strip(token), id === undefined ? index : parseId(strip(id), index + 1));
  }
  if (idOfToken.size === 0) throw new VocabularyError("it has no tokens.");
  return {
    idOfToken,
    padId: requiredId("[PAD]"),
    clsId: requiredId("[CLS]"),
    sepId: requiredId("[SEP]"),
    unknownId: requiredId("[UNK]"),
  };

  function requiredId(token: string): number {
    const id = idOfToken.get(token);
    if (id === undefined) throw new VocabularyError(`it has no ${token} token.`);
    return id;
  }
}

function parseId(column: string, line: number): number {
  const start = column.length > LONGEST_QUOTE ? `${column.slice(0, LONGEST_QUOTE)}...` : column;
  // What cannot be seen is shown by its number.
  const quote = JSON.stringify(start).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
  if (!/^[0-9]+$/.test(column)) {
    throw new VocabularyError(`the id must be a whole number of 0 or more. Got ${quote}.`, line);
  }
  const id = Number(column);
  if (id > LARGEST_ID) throw new VocabularyError(`the id must be at most ${LARGEST_ID}. Got ${quote}.`, line);
  return id;
}

function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.includes(text.charAt(start))) start++;
  while (end > start && WHITE_SPACE.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
