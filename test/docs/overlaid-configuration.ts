import { readFileSync } from "node:fs";
import { goldenPath } from "../support/golden-paths.ts";

/** A part of a configuration, as a page shows it, over one that is whole. */
export function overlaidConfiguration(part: string): string {
  const shown = sectionsOf(part);
  const whole = sectionsOf(readFileSync(goldenPath("end-to-end/conf.txt"), "utf8"));
  const names = new Set([...shown.keys(), ...whole.keys()]);
  return [...names].map((header) => `${header}\n${overlaid(whole.get(header), shown.get(header))}`).join("\n");
}

/** Bodies by header; what stands above the first header is under "". */
function sectionsOf(text: string): Map<string, string> {
  const [above = "", ...parts] = text.split(/^(\[.*\])$/m);
  const sections = parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? ""] as const] : []));
  return new Map([["", above], ...sections]);
}

/** How to train: a configuration may leave it out, and with some ways of training must. */
const OPTIONAL = ["decay_epochs", "decay_gamma", "l2_weight_decay"];

/** What is shown, behind those lines of the whole that it leaves standing. */
function overlaid(whole = "", shown = ""): string {
  const keys = new Set([...OPTIONAL, ...Array.from(shown.matchAll(/^(\w+)\s*[=:]/gm), ([, key]) => key)]);
  const rest = whole.split("\n").filter((line) => !keys.has(/^\w+/.exec(line)?.[0]));
  return `${rest.join("\n")}\n${shown}`;
}
