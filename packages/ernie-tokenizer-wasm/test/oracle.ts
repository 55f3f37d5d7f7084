/**
 * BERT's tokenizer written a second time, in plain JavaScript with the runtime's own Unicode data: what the tests hold
 * the WebAssembly against.
 */

const IDEOGRAPHS =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/** The pieces of a text, uncut. */
export function oracleTokens(text: string, vocabulary: ReadonlySet<string>): string[] {
  return oracleWords(oracleClean(text)).flatMap((word) => wordPieces(word, vocabulary));
}

/** The words of a clean text, before they are cut into pieces. */
export function oracleWords(clean: string): string[] {
  return splitAtSpaces(clean).map(normalise).flatMap(splitAtPunctuation).flatMap(splitAtSpaces);
}

/** The lengths of two texts after the longer one, or the second of equals, has lost its last token often enough. */
export function oracleCut(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  return first > second ? oracleCut(first - 1, second, room) : oracleCut(first, second - 1, room);
}

/** A text without control characters and the like, and with ideographs set apart. */
export function oracleClean(text: string): string {
  return text
    .replace(/[\t\n\r\p{Zs}]/gu, " ")
    .replace(/[\0\ufffd\p{C}]/gu, "")
    .replace(IDEOGRAPHS, " $& ");
}

function splitAtSpaces(text: string): string[] {
  return text.split(/\p{Z}/u).filter((word) => word !== "");
}

function normalise(word: string): string {
  return word
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "");
}

function splitAtPunctuation(word: string): string[] {
  return word.split(/([!-/:-@[-`{-~\p{P}])/u).filter((part) => part !== "");
}

function wordPieces(word: string, vocabulary: ReadonlySet<string>): string[] {
  const characters = [...word];
  if (characters.length > 100) return ["[UNK]"];
  const pieces: string[] = [];
  let start = 0;
  while (start < characters.length) {
    let end = characters.length;
    const piece = () => (start > 0 ? "##" : "") + characters.slice(start, end).join("");
    while (end > start && !vocabulary.has(piece())) end--;
    if (end === start) return ["[UNK]"];
    pieces.push(piece());
    start = end;
  }
  return pieces;
}
