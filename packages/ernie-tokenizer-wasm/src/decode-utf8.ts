import { VocabularyError } from "./vocabulary-error.ts";

/** @throws VocabularyError that names the first line that is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  return tryDecode(bytes) ?? fail(bytes);
}

function fail(bytes: Uint8Array): never {
  // The first `valid` bytes may begin a text, the first `broken` bytes may not.
  let valid = 0;
  for (let broken = bytes.length + 1; broken - valid > 1; ) {
    const middle = Math.floor((valid + broken) / 2);
    if (tryDecode(bytes.subarray(0, middle), { stream: true }) === undefined) broken = middle;
    else valid = middle;
  }
  const text = tryDecode(bytes.subarray(0, valid), { stream: true }) ?? "";
  const lineEnds = text.match(/\r\n|\r|\n/g)?.length ?? 0;
  throw new VocabularyError("it must be UTF-8.", lineEnds + 1);
}

/** Keeps a byte order mark. A stream may end within a character, which is then left out. */
function tryDecode(bytes: Uint8Array, options?: TextDecodeOptions): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, options);
  } catch {
    return undefined;
  }
}
