import { fileURLToPath } from "node:url";

/** Where a golden file or folder is. */
export function goldenPath(path: string): string {
  return fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url));
}
