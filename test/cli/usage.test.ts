import { beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { folderContent } from "../support/folder-content.ts";
import { inParallel } from "../support/in-parallel.ts";
import { type ProgramResult, runProgram } from "../support/program.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";

/** Every command and what it can be told. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  train: [
    "--backend <name>",
    "--config <file>",
    "--output <folder>",
    "--checkpoint <path>",
    "--resume <folder>",
    "--epochs <number>",
    "--workers <number>",
    "--allow-unknown-labels",
    "--save-steps <number>",
    "--encoding-cache <folder>",
    "--quiet",
  ],
  evaluate: [
    "--backend <name>",
    "--config <file>",
    "--checkpoint <path>",
    "--json",
    "--workers <number>",
    "--max-rows <number>",
    "--encoding-cache <folder>",
    "--save-inference-model <folder>",
    "--save-only",
  ],
  predict: [
    "--backend <name>",
    "--config <file>",
    "--checkpoint <path>",
    "--output <file>",
    "--threshold <number>",
    "--explain",
    "--workers <number>",
    "--max-rows <number>",
    "--encoding-cache <folder>",
    "--quiet",
  ],
  tune: [
    "--backend <name>",
    "--config <file>",
    "--checkpoint <path>",
    "--output <folder>",
    "--precision <number>",
    "--calibrate <kind>",
  ],
  demo: ["--backend <name>", "--output <folder>", "--videos <number>", "--epochs <number>", "--world <number>"],
  export: ["--onnx <file>", "--config <file>", "--encoder-only"],
  compare: ["--json"],
  inspect: ["--json"],
};

describe("help", () => {
  test("of the program names every command", async () => {
    const { code, stdout, stderr } = await runProgram(temporaryFolder(), "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const named = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(named).toEqual([...Object.keys(COMMANDS), "help"]);
  });

  test.each(Object.entries(COMMANDS))("of %s names every option, and a sentence for each", async (command, options) => {
    const { code, stdout, stderr } = await runProgram(temporaryFolder(), command, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const described = [...stdout.matchAll(/^ {2}(?:-h, )?(--[a-z-]+(?: <[a-z]+>)?) {2,}\S/gm)].map(
      ([, option]) => option,
    );
    expect(described).toEqual([...options, "--help"]);
  });

  test("is what a call without a command gets, as an error", async () => {
    const { code, stdout, stderr } = await runProgram(temporaryFolder());
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: multimodal-video-tag /);
  });
});

test("the version is the package's", async () => {
  const result = await runProgram(temporaryFolder(), "--version");
  expect(result).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: "" });
});

const READ = ["--config", "conf.txt", "--checkpoint", "param"];

const misunderstood: readonly (readonly [words: readonly string[], sentence: string])[] = [
  [["nonsense"], "unknown command 'nonsense'."],
  [["evaluat"], "unknown command 'evaluat' (Did you mean evaluate?)."],
  [["evaluate", "--checkpoint", "param"], "required option '--config <file>' not specified."],
  [["evaluate", "--config", "conf.txt"], "required option '--checkpoint <path>' not specified."],
  [["train", "--config", "conf.txt"], "required option '--output <folder>' not specified."],
  [["predict", ...READ], "required option '--output <file>' not specified."],
  [["evaluate", ...READ, "--jsn"], "unknown option '--jsn' (Did you mean --json?)."],
  [["evaluate", "--config"], "option '--config <file>' argument missing."],
  [["evaluate", ...READ, "more"], "too many arguments for 'evaluate'. Expected 0 arguments but got 1."],
  [["export", "tagger"], "required option '--onnx <file>' not specified."],
  [["compare"], "missing required argument 'run'."],
  [["inspect"], "missing required argument 'file'."],
  [["evaluate", ...READ, "--save-only"], "option '--save-only' needs '--save-inference-model <folder>'."],
  [
    ["evaluate", ...READ, "--backend", "cuda"],
    "option '--backend <name>' argument 'cuda' is invalid. Allowed choices are wasm, cpu, webgpu.",
  ],
  ...[
    ["export", "tagger", "--onnx <file>"],
    ["tune", ...READ, "--output <folder>"],
    ["train", "--config", "conf.txt", "--output <folder>"],
    ["evaluate", ...READ, "--save-inference-model <folder>"],
    ["demo", "--output <folder>"],
  ].map((words): [string[], string] => {
    const option = words.at(-1) as string;
    return [
      [...words.slice(0, -1), option.split(" ")[0] as string, "-"],
      `option '${option}' argument '-' is invalid. It needs a name: nothing is written to standard output.`,
    ];
  }),
  ...["0", "-1", "1.5", "many", "1e10", "", "NaN"].map((epochs): [string[], string] => [
    ["train", "--config", "conf.txt", "--output", "run", "--epochs", epochs],
    `option '--epochs <number>' argument '${epochs}' is invalid. It must be a whole number from 1 to 1000000000.`,
  ]),
  ...["1.01", "-0.5", "half", " "].map((threshold): [string[], string] => [
    ["predict", ...READ, "--output", "out.json", "--threshold", threshold],
    `option '--threshold <number>' argument '${threshold}' is invalid. It must be a number from 0 to 1.`,
  ]),
];

describe("a command that is not understood", () => {
  const whenOver = whenSuiteIsOver();
  let folder: string;
  let results: Map<readonly string[], ProgramResult>;
  beforeAll(async () => {
    folder = temporaryFolder(whenOver);
    const all = await inParallel(misunderstood, ([words]) => runProgram(folder, ...words));
    results = new Map(misunderstood.map(([words], index) => [words, all[index] as ProgramResult]));
  });

  test.each(misunderstood)("is a sentence: %j", (words, sentence) => {
    const stderr = `error: ${sentence} Add --help for what can be said.\n`;
    expect(results.get(words)).toEqual({ code: 2, stdout: "", stderr });
  });

  test("does nothing", () => {
    expect(folderContent(folder)).toEqual({});
  });
});
