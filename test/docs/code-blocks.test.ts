import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { readClassFile } from "../../src/formats/class-file.ts";
import { readListFile } from "../../src/formats/list-file.ts";
import { readPaddleConfiguration } from "../../src/paddle/paddle-configuration.ts";
import { readSavedTagger } from "../../src/tagging/stored-tagger.ts";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { type CodeBlock, codeBlocks, isProgram, pages } from "./code-blocks.ts";
import { commandsOf, problemOf } from "./command-lines.ts";
import { overlaidConfiguration } from "./overlaid-configuration.ts";
import { failures } from "./sandbox.ts";
import { typeErrors } from "./type-checker.ts";

/** Readers of files, by what stands behind the fence. */
const READERS = new Map<string, (code: string) => unknown>([
  ["ini", (code) => readPaddleConfiguration(overlaidConfiguration(code), { file: "block" })],
  ["json tagger", (code) => readSavedTagger(code, { file: "block" })],
  ["json", (code) => JSON.parse(code)],
  ["txt list", readListWithTabs],
  ["txt classes", (code) => readClassFile(code, { file: "block" })],
  ["txt vocabulary", (code) => ErnieTokenizer.fromVocabulary(code)],
]);

const isRun = ({ info }: CodeBlock) => info.endsWith(" run");
const PAGES = pages()
  .map((page) => ({
    page,
    blocks: codeBlocks(page).filter(({ uncheckedBecause }) => uncheckedBecause === undefined),
  }))
  .filter(({ blocks }) => blocks.length > 0);

/** Blanks where tabs should be make one long file name. */
function readListWithTabs(code: string): void {
  for (const { fileName, line } of readListFile(code, { file: "block" })) {
    if (/\s/.test(fileName)) throw new Error(`Line ${line} has no tab behind the file name.`);
  }
}

async function problemsOf(code: string): Promise<string[]> {
  const problems: string[] = [];
  for (const words of commandsOf(code)) {
    const problem = await problemOf(words);
    if (problem !== undefined) problems.push(`${words.join(" ")}: ${problem}`);
  }
  return problems;
}

const FAILING = codeBlocks(
  "a page",
  "```sh run\nnpx multimodal-video-tag inspect absent.txt\n```\n```ts run\nfetch(0 as never);\n```\n",
);

describe("what stands in the pages' blocks is so", () => {
  const whenOver = whenSuiteIsOver();
  let typed: ReadonlyMap<CodeBlock, readonly string[]>;
  let failed: ReadonlyMap<CodeBlock, string>;

  beforeAll(async () => {
    const runs = PAGES.map(({ blocks }) => blocks.filter(isRun)).filter((blocks) => blocks.length > 0);
    const running = failures([...runs, FAILING], whenOver);
    typed = typeErrors(PAGES.flatMap(({ blocks }) => blocks.filter(isProgram)));
    failed = await running;
  });

  describe.each(PAGES)("$page", ({ blocks }) => {
    test.each(blocks)("line $line: $info", async (block) => {
      const { info, code } = block;
      const read = READERS.get(info);
      if (isProgram(block)) expect(typed.get(block)).toEqual([]);
      else if (info === "sh") expect(await problemsOf(code)).toEqual([]);
      else if (read !== undefined) await read(code);
      else expect(info, 'it has a kind that CONTRIBUTING.md names under "Pages"').toBe("sh run");
      expect(failed.get(block)).toBeUndefined();
    });
  });

  test("and one that fails when it is run is found", () => {
    const said = [expect.stringContaining("absent.txt"), expect.stringContaining("Failed to parse URL from 0")];
    expect(FAILING.map((block) => failed.get(block))).toEqual(said);
  });
});

describe("a block that is wrong is found", () => {
  test.each([
    ["npx multimodal-video-tag predit --config conf.txt", "unknown command 'predit'"],
    ["npx multimodal-video-tag predict --config conf.txt --checkpoint best", "required option '--output <file>'"],
    ["npx multimodal-video-tag demo --video 20", "unknown option '--video'"],
    ["npx multimodal-video-tag demo [--videos many]", "a whole number"],
    ["npx multimodal-video-tag tune --config a --checkpoint b --output c --calibrate plat", "Allowed choices are"],
    ["npx multimodal-video-tag inspect conf.txt more", "too many arguments"],
    ["npm test && npm run tests", "there is no script tests"],
    ["npm install multimodal-video-tag @tensorflow/tfjs-nodes", "no rule knows the package @tensorflow/tfjs-nodes"],
    ["npx tsx examples/tag-video.ts demo/best # a comment", "there is no file examples/tag-video.ts"],
    ["VARIABLE=1 scripts/try-package.sh \\\n  folder", "there is no file scripts/try-package.sh"],
    ["pip install multimodal-video-tag", "no rule knows the program pip"],
  ])("%s", async (code, problem) => {
    expect(await problemsOf(code)).toEqual([expect.stringContaining(problem)]);
  });

  test("in TypeScript", () => {
    const blocks = codeBlocks("a page", PAGE);
    expect([...typeErrors(blocks).values()]).toEqual([
      [],
      [],
      ["a page:12: Type 'string' is not assignable to type 'number'."],
      ["a page:19: Cannot find name 'hits'. Did you mean 'hit'?"],
    ]);
  });

  test("in files", () => {
    expect(() => READERS.get("ini")?.('[TRAIN]\noptimiser = "adamw"')).toThrow("optimizer");
    expect(() => READERS.get("ini")?.('optimizer = "adamw"')).toThrow("expected a [section] header first");
    expect(() => READERS.get("ini")?.("[TRAIN]\nweight_decay = 0.1\nl2_weight_decay = 0.2")).toThrow(
      "one weight decay",
    );
    expect(() => READERS.get("ini")?.('[TRAIN]\nschedule = "cosine"')).not.toThrow();
    expect(() => READERS.get("txt list")?.("a.pkl a title cat")).toThrow("Line 1 has no tab");
  });

  test("without a language, or with a word that is not known", () => {
    const blocks = codeBlocks("a page", "    indented\n\n```\n```\n\n- ```ts runs\n  ```\n");
    expect(blocks.map(({ line, info }) => [line, info])).toEqual([
      [1, ""],
      [4, ""],
      [7, "ts runs"],
    ]);
    expect(blocks.filter((block) => isProgram(block) || READERS.has(block.info))).toEqual([]);
  });

  test("with a comment that gives no reason", () => {
    const [without, within] = codeBlocks(
      "a page",
      "<!-- not checked: . -->\n```x\n```\n<!-- not checked: So it is. -->\n```x\n```\n",
    );
    expect([without?.uncheckedBecause, within?.uncheckedBecause]).toEqual([undefined, "So it is."]);
  });
});

const PAGE = `
\`\`\`ts
import { HitAtK } from "multimodal-video-tag/metrics";
const metric = new HitAtK([1]);
\`\`\`
<!-- given: the blocks above -->
\`\`\`ts
metric.add([0.5], [0]);
\`\`\`
<!-- given: import { HitAtK } from "multimodal-video-tag/metrics"; -->
\`\`\`ts
const k: number = "1";
\`\`\`
<!-- given:
const hit = 1;
-->
\`\`\`ts
console.log(
  hits);
\`\`\`
`;
