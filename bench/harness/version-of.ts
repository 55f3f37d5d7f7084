import { existsSync, readFileSync } from "node:fs";

/** The version of an installed npm package: of the one that this package's programs import. */
export function versionOf(name: string): string {
  for (let folder = new URL("..", import.meta.url); ; folder = new URL("..", folder)) {
    const file = new URL(`node_modules/${name}/package.json`, folder);
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")).version;
    if (folder.pathname === "/") throw new Error(`${name} is not installed.`);
  }
}
