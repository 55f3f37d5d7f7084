import { readdirSync, readFileSync } from "node:fs";
import { digestOf } from "../../src/node/content-files.ts";

/**
 * All that a run leaves, by path, but for what tells of the process: run.json, warnings.txt, report.html, and what stood
 * before the last state. The state itself stands here by its SHA-256.
 */
export function runContent(run: string): Map<string, string> {
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => `${entry.parentPath}/${entry.name}`.slice(run.length + 1)).sort();
  const isTold = (path: string) =>
    !/^(run\.json|warnings\.txt|report\.html|state\/.*)$/.test(path) || path === "state/checkpoint.json";
  return new Map(paths.filter(isTold).map((path) => [path, digestOf(readFileSync(`${run}/${path}`))]));
}
