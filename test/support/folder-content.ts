import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Every file below a folder and what it holds, to see whether something was written. */
export function folderContent(folder: string): Record<string, string> {
  const content: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    content[path] = entry.isFile() ? createHash("sha1").update(readFileSync(path)).digest("hex") : "not a file";
  }
  return content;
}
