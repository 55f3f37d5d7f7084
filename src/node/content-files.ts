import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ManifestFile } from "../formats/manifest.ts";
import { expectWhole } from "../formats/whole-bytes.ts";
import { asFileError, readBytes, writeAtomically } from "./files.ts";

/**
 * Files that are named by what they hold. A manifest beside them, written last, says which of them count: whenever the
 * process ends, it speaks of whole files.
 *
 * @param pieces what it holds, one behind the other
 */
export async function writeNamedByContent(
  folder: string,
  name: string,
  extension: string,
  ...pieces: readonly Uint8Array[]
): Promise<ManifestFile> {
  const sha256 = digestOf(...pieces);
  const file = `${name}-${sha256.slice(0, 16)}.${extension}`;
  await writeAtomically(join(folder, file), async (handle) => {
    for (const piece of pieces) await handle.writeFile(piece);
  });
  return { file, bytes: pieces.reduce((sum, { length }) => sum + length, 0), sha256 };
}

/**
 * @param manifest the name of the file that speaks of it, for messages
 * @throws FormatError when the file is not the one that the manifest means; FileError when it is missing
 */
export async function readWhole(folder: string, described: ManifestFile, manifest: string): Promise<Uint8Array> {
  const path = join(folder, described.file);
  const bytes = await readBytes(path);
  await expectWhole(bytes, described, path, manifest);
  return bytes;
}

/**
 * Removes the files of these names that no manifest speaks of any more.
 *
 * @throws FileError when one cannot be removed; what counts is whole nevertheless
 */
export async function removeStale(folder: string, names: RegExp, kept: readonly (string | undefined)[]): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      if (names.test(name) && !kept.includes(name)) await rm(join(folder, name), { force: true });
    }
  } catch (error) {
    throw asFileError(error, folder);
  }
}

/** The SHA-256 of bytes, one part behind the other, in hexadecimal digits. */
export function digestOf(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
