import { VocabularyError } from "./vocabulary-error.ts";

/** @throws VocabularyError that names the first line that is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  return tryDecode(bytes) ?? fail(bytes);
}

function fail(bytes: Uint8Array): never {
  let line = 1;
  let start = 0;
  for (const [index, byte] of bytes.entries()) {
    const endsLine = byte === 0x0a || (byte === 0x0d && bytes[index + 1] !== 0x0a);
    if (!endsLine) continue;
    if (tryDecode(bytes.subarray(start, index)) === undefined) break;
    line++;
    start = index + 1;
  }
  throw new VocabularyError("it must be UTF-8.", line);
}

/** Keeps a byte order mark. */
function tryDecode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
