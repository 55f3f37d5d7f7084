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

/** A SHA-256 in hexadecimal digits. */
async function digestOf(bytes: Uint8Array): Promise<string> {
  // What readers hand on is never shared with another thread.
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
