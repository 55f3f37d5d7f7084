import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import MarkdownIt from "markdown-it";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** A block of code in a page. */
export interface CodeBlock {
  readonly page: string;
  /** Of the code's first line, from 1. */
  readonly line: number;
  /** What stands behind the fence, such as "ts run". */
  readonly info: string;
  readonly code: string;
  /** What a comment right above the block gives to it: code that the reader need not see. */
  readonly given: string;
  /** Why nothing checks the block, where a comment right above it says so. */
  readonly uncheckedBecause: string | undefined;
}

const markdown = new MarkdownIt({ html: true });

/** The pages that people read: whoever adds one has its blocks checked. */
export function pages(): string[] {
  const list = (folder: string, recursive: boolean) =>
    readdirSync(join(ROOT, folder), { recursive, encoding: "utf8" }).map((file) => join(folder, file));
  const all = [
    ...[".", "bench"].flatMap((folder) => list(folder, false)),
    ...["docs", "examples", "packages", ".github"].flatMap((folder) => list(folder, true)),
  ].filter((file) => !file.includes("node_modules"));
  return all.filter((file) => file.endsWith(".md")).sort();
}

/** Every block of code in a page, fenced or indented. */
export function codeBlocks(page: string, text: string = readFileSync(join(ROOT, page), "utf8")): CodeBlock[] {
  const tokens = markdown.parse(text, {});
  const blocks: CodeBlock[] = [];
  for (const [index, { type, info, content, map }] of tokens.entries()) {
    if (type !== "fence" && type !== "code_block") continue;
    const before = tokens[index - 1];
    const comment = before?.type === "html_block" ? before.content : "";
    const given = /^<!-- given:\s*([\s\S]*?)\s*-->\s*$/.exec(comment)?.[1] ?? "";
    blocks.push({
      page,
      line: (map?.[0] ?? 0) + (type === "fence" ? 2 : 1),
      info: info.trim(),
      code: content,
      given: given === "the blocks above" ? programsOf(blocks) : given,
      uncheckedBecause: /^<!-- not checked: (\S[\s\S]*\.) -->\s*$/.exec(comment)?.[1],
    });
  }
  return blocks;
}

/** Programs are TypeScript; the second word says that they run, too. */
export function isProgram({ info }: CodeBlock): boolean {
  return /^(ts|js)( run)?$/.test(info);
}

function programsOf(blocks: readonly CodeBlock[]): string {
  const programs = blocks.filter((block) => isProgram(block) && block.uncheckedBecause === undefined);
  return programs.map(({ code }) => code).join("");
}
