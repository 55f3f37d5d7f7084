import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../..", import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { exports: object };
const ENTRIES = Object.keys(exports).filter((entry) => entry !== "./package.json");

/** The names that an entry's file exports. */
function namesOf(entry: string): string[] {
  const text = readFileSync(new URL(`src/${entry === "." ? "" : `${entry}/`}index.ts`, ROOT), "utf8");
  expect(text).not.toContain("export *");
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) =>
    (list as string).split(","),
  );
  const declared = [...text.matchAll(/^export (?:async )?(?:function|interface|const|type) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const listed = lists.map((name) => name.trim().replace(/^type /, "")).filter((name) => name !== "");
  return [...listed, ...declared.filter((name) => name !== undefined)];
}

test("each public name lives at one entry", () => {
  const homes = new Map<string, string[]>();
  for (const entry of ENTRIES) {
    for (const name of namesOf(entry)) homes.set(name, [...(homes.get(name) ?? []), entry]);
  }
  expect(homes.size).toBeGreaterThan(200);
  expect([...homes].filter(([, entries]) => entries.length > 1)).toEqual([]);
});

test("the root has what all entries share, and no more than can be read at a glance", () => {
  const names = namesOf(".");
  expect(names).toEqual(expect.arrayContaining(["Module", "RandomStream", "padSequences", "VideoTagError"]));
  expect(names.length).toBeLessThanOrEqual(40);
});
