import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { goldenPath } from "../support/golden-paths.ts";
import { PROGRAM, runProgram } from "../support/program.ts";
import { temporaryFolder, type WhenOver } from "../support/temporary-folder.ts";
import { type CodeBlock, isProgram, ROOT } from "./code-blocks.ts";
import { withOptionalWords } from "./command-lines.ts";

/** As many as the tests' machine has cores. */
const PAGES_AT_A_TIME = 2;

/**
 * Runs blocks, those of a page one after the other in a folder where a reader would type them.
 *
 * @returns what was said by those that failed
 */
export async function failures(
  pages: readonly (readonly CodeBlock[])[],
  whenOver: WhenOver,
): Promise<Map<CodeBlock, string>> {
  const demo = await makeDemo(whenOver);
  const failures = new Map<CodeBlock, string>();
  const waiting = pages.values();
  const runPages = async () => {
    for (const blocks of waiting) {
      const sandbox = new Sandbox(demo, whenOver);
      for (const block of blocks) {
        await sandbox.run(block).catch((error: Error) => failures.set(block, error.message));
      }
    }
  };
  await Promise.all(Array.from({ length: PAGES_AT_A_TIME }, runPages));
  return failures;
}

/** The demo at its smallest. */
async function makeDemo(whenOver: WhenOver): Promise<string> {
  const folder = temporaryFolder(whenOver);
  const { code, stderr } = await runProgram(folder, "demo", "--videos", "20", "--epochs", "1");
  if (code !== 0) throw new Error(stderr);
  return join(folder, "demo");
}

/** A folder with the packages, what the demo leaves, and the original's files. */
class Sandbox {
  readonly #folder: string;
  readonly #binaries: string;

  constructor(demo: string, whenOver: WhenOver) {
    this.#folder = temporaryFolder(whenOver);
    const packages = join(this.#folder, "node_modules");
    this.#binaries = join(packages, ".bin");
    mkdirSync(this.#binaries, { recursive: true });
    for (const name of readdirSync(join(ROOT, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(packages, name));
    }
    const program = join(this.#binaries, "multimodal-video-tag");
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
    chmodSync(program, 0o755);
    cpSync(demo, join(this.#folder, "demo"), { recursive: true });
    for (const part of ["conf.txt", "datasets", "model_pretrained", "checkpoints_save"]) {
      cpSync(goldenPath(`end-to-end/${part}`), join(this.#folder, part), { recursive: true });
    }
    cpSync(join(demo, "model_pretrained/ernie/vocab.txt"), join(this.#folder, "vocab.txt"));
  }

  /** Throws with what the block said when it fails. */
  async run(block: CodeBlock): Promise<void> {
    const code = `${block.given}\n${block.code}`;
    if (isProgram(block)) {
      const { code: program } = await transform(code, { loader: "ts" });
      writeFileSync(join(this.#folder, "program.mjs"), program);
      await this.#execute(process.execPath, ["program.mjs"]);
    } else {
      // As npx does for a package that is there, and sooner.
      const script = `npx() { "$@"; }\n${withOptionalWords(code)}`;
      await this.#execute("bash", ["-euo", "pipefail", "-c", script]);
    }
  }

  async #execute(program: string, words: readonly string[]): Promise<void> {
    const env = { ...process.env, PATH: `${this.#binaries}:${process.env["PATH"]}` };
    await promisify(execFile)(program, words, { cwd: this.#folder, env });
  }
}
