import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { goldenPath } from "./golden-paths.ts";
import { type ProgramResult, runProgram } from "./program.ts";
import { temporaryFolder, type WhenOver } from "./temporary-folder.ts";

const PARTS = ["conf.txt", "datasets", "model_pretrained", "checkpoints_save"];

/** A working folder of the original, as its user has it: the golden one, to be changed at will. */
export class WorkingFolder {
  readonly path: string;

  constructor(whenOver?: WhenOver) {
    this.path = temporaryFolder(whenOver);
    for (const part of PARTS) cpSync(goldenPath(`end-to-end/${part}`), this.at(part), { recursive: true });
  }

  /** A file or folder in it. */
  at(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  /** Runs the program in it. */
  run(...words: readonly string[]): Promise<ProgramResult> {
    return runProgram(this.path, ...words);
  }

  read(file: string): string {
    return readFileSync(this.at(file), "utf8");
  }

  write(file: string, content: string | Uint8Array): void {
    writeFileSync(this.at(file), content);
  }

  /**
   * Changes a text file.
   *
   * @throws Error when there is nothing to be changed: a test would else prove nothing
   */
  edit(file: string, from: string | RegExp, to: string): void {
    const before = this.read(file);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} has no ${from}.`);
    this.write(file, after);
  }

  /** Makes the configuration's paths absolute, so that it means the same in this process. */
  makePathsAbsolute(): void {
    const folder = this.path.replaceAll("%", "%%");
    this.edit("conf.txt", /"(?:\.\/)?(datasets|model_pretrained)/g, `"${folder}/$1`);
  }
}
