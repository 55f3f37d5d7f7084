import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A path in the folder that git ignores, where inputs, models and the Python peers lie. */
export function cachePath(name: string): string {
  const folder = fileURLToPath(new URL("../cache/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  return `${folder}${name}`;
}

/** Writes a file of the cache as a whole: one that is there is complete. */
export function writeCached(name: string, content: string | Uint8Array): string {
  const path = cachePath(name);
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
  return path;
}
