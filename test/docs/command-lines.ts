import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { ROOT } from "./code-blocks.ts";

/** Packages that pages tell to install beside those that package.json names. */
const OTHER_PACKAGES = ["ernie-tokenizer-wasm", "multimodal-video-tag", "onnxruntime-node", "tslab"];

/** What may be left out, as `[--json]`, is typed. */
export function withOptionalWords(code: string): string {
  return code.replaceAll(/\[(-[^\]]*)\]/g, "$1");
}

/** The commands of a block, each as its words: without comments, continued lines joined. */
export function commandsOf(code: string): string[][] {
  const lines = withOptionalWords(code).replaceAll("\\\n", " ").split("\n");
  const commands = lines.flatMap((line) => line.replace(/(^|\s)#.*$/, "").split(/&&|\|/));
  return commands
    .map((command) => command.trim().replace(BEFORE_PROGRAM, "").split(/\s+/))
    .filter(([first]) => first !== "");
}

/** Words that stand before a program without being one: variables, and which core it runs on. */
const BEFORE_PROGRAM = /^(\w+=\S*\s+|taskset -c \d+\s+)+/;

/** @returns what is wrong with a command that a reader is told to type; undefined when all of it is known */
export async function problemOf(words: readonly string[]): Promise<string | undefined> {
  const [program = "", ...rest] = words;
  const [tool = "", ...files] = rest;
  if (program === "npx" && tool === "multimodal-video-tag") return misunderstood(files);
  if (program === "npx" && ["tsx", "vitest", "vite"].includes(tool)) return unknownFile(files);
  if (program === "npm") return npmProblem(rest);
  if (program === "node") return unknownFile(rest);
  if (program === "mkdir" || program === "cd") return undefined;
  if (program.includes("/")) return unknownFile([program]);
  return `no rule knows the program ${program}`;
}

/** Asks the program itself, with actions that do nothing. */
async function misunderstood(words: readonly string[]): Promise<string | undefined> {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  // Each program listens to them; many in one process are too many.
  const listening = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "on").mockReturnValue(stream));
  const parse = Command.prototype.parseAsync;
  const withoutActions = vi.spyOn(Command.prototype, "parseAsync").mockImplementation(function (this: Command, ...all) {
    for (const command of this.commands) command.action(() => {});
    return parse.apply(this, all);
  });
  try {
    return (await main(words)) === 0 ? undefined : said.mock.calls.map(([text]) => String(text)).join("");
  } finally {
    for (const spy of [withoutActions, said, ...listening]) spy.mockRestore();
  }
}

function npmProblem(words: readonly string[]): string | undefined {
  const prefix = words.indexOf("--prefix");
  const description = join(ROOT, prefix < 0 ? "" : (words[prefix + 1] ?? ""), "package.json");
  if (!existsSync(description)) return `there is no ${description}`;
  const { scripts, peerDependencies, devDependencies } = JSON.parse(readFileSync(description, "utf8"));
  const [verb = "", name = ""] = words;
  if (verb === "ci" || verb === "init") return undefined;
  if (verb === "test" || verb === "run") {
    const script = verb === "test" ? verb : name;
    return script in scripts ? undefined : `there is no script ${script}`;
  }
  if (verb !== "install") return `no rule knows npm ${verb}`;
  const known = new Set([...OTHER_PACKAGES, ...Object.keys({ ...peerDependencies, ...devDependencies })]);
  const unknown = words.slice(1).filter((word) => !known.has(word) && !word.startsWith("-"));
  return unknown.length === 0 ? undefined : `no rule knows the package ${unknown}`;
}

/**
 * The first word that looks like a file of the repository must be one; what follows it are its own arguments. A name
 * without a folder is that of a program that the reader wrote.
 */
function unknownFile(words: readonly string[]): string | undefined {
  const file = words.find((word) => word.includes("/"));
  return file === undefined || existsSync(join(ROOT, file)) ? undefined : `there is no file ${file}`;
}
