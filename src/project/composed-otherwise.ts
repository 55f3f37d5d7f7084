import { readdir, stat } from "node:fs/promises";
import { join, parse, sep } from "node:path";

/**
 * A path that leads somewhere and differs from a missing one by Unicode normalization alone: macOS writes é as e and an accent, and
 * both look the same.
 *
 * @returns undefined when there is none
 */
export async function composedOtherwise(path: string): Promise<string | undefined> {
  if (/^[\x20-\x7e]*$/.test(path)) return undefined;
  const { root } = parse(path);
  let found = root;
  let differs = false;
  for (const part of path.slice(root.length).split(sep)) {
    const next = join(found, part);
    if (await isThere(next)) {
      found = next;
      continue;
    }
    const names = await readdir(found === "" ? "." : found).catch((): string[] => []);
    const same = names.find((name) => name.normalize() === part.normalize());
    if (same === undefined) return undefined;
    found = join(found, same);
    differs = true;
  }
  return differs ? found : undefined;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
