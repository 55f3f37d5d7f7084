import { FormatError } from "./format-error.ts";
import type { ManifestFile } from "./manifest.ts";

/**
 * Checks that a file is the one that a manifest means.
 *
 * @param path the file's whole name, for messages
 * @param manifest the name of the file that speaks of it, likewise
 * @throws FormatError when its size or its SHA-256 is another, or when no SHA-256 can be had
 */
export async function expectWhole(
  bytes: Uint8Array,
  { bytes: size, sha256 }: ManifestFile,
  path: string,
  manifest: string,
): Promise<void> {
  if (bytes.length !== size) {
    throw new FormatError(path, undefined, `expected ${size} bytes, as ${manifest} says. Got ${bytes.length}.`);
  }
  // Browsers leave it out of pages that anyone on the way could have changed.
  if (globalThis.crypto?.subtle === undefined) {
    const problem =
      "its SHA-256 cannot be computed: browsers do so for pages from https: addresses and localhost alone.";
    throw new FormatError(path, undefined, problem);
  }
  if ((await digestOf(bytes)) !== sha256) {
    throw new FormatError(path, undefined, `expected the SHA-256 that ${manifest} says. Got another: it is damaged.`);
  }
}

/**
 * The bytes of a text as a manifest means them. git's core.autocrlf rewrites the ends of lines when it checks a text in or out,
 * and so do other programs: ends that alone differ are put back.
 *
 * @throws FormatError as expectWhole does, when more than that differs
 */
export async function wholeText(
  bytes: Uint8Array,
  described: ManifestFile,
  path: string,
  manifest: string,
): Promise<Uint8Array> {
  const unix = withoutCarriageReturns(bytes);
  for (const restored of [bytes, unix, withCarriageReturns(unix)]) {
    if (restored.length === described.bytes && (await isWhole(restored, described, path, manifest))) return restored;
  }
  await expectWhole(bytes, described, path, manifest);
  return bytes;
}

async function isWhole(...checked: Parameters<typeof expectWhole>): Promise<boolean> {
  try {
    await expectWhole(...checked);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

const [CARRIAGE_RETURN, NEWLINE] = [0x0d, 0x0a];

/** \r\n as \n. */
function withoutCarriageReturns(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, index) => byte !== CARRIAGE_RETURN || bytes[index + 1] !== NEWLINE);
}

/** \n as \r\n. */
function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  const newlines = bytes.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0);
  const changed = new Uint8Array(bytes.length + newlines);
  let place = 0;
  for (const byte of bytes) {
    if (byte === NEWLINE) changed[place++] = CARRIAGE_RETURN;
    changed[place++] = byte;
  }
  return changed;
}

/** A SHA-256 in hexadecimal digits. */
async function digestOf(bytes: Uint8Array): Promise<string> {
  // What readers hand on is never shared with another thread.
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
