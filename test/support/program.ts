import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built program. */
export const PROGRAM: string = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** How a run of the program ended. */
export interface ProgramResult {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built program as a user does, in a folder. */
export function startProgram(folder: string, words: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [PROGRAM, ...words], { cwd: folder });
}

/** What a started program says until it ends. */
export async function resultOf(program: ChildProcessWithoutNullStreams): Promise<ProgramResult> {
  let stdout = "";
  let stderr = "";
  program.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  program.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => program.on("error", reject).on("close", resolve));
  return { code: code ?? undefined, stdout, stderr };
}

/** Runs the built program to its end. */
export function runProgram(folder: string, ...words: readonly string[]): Promise<ProgramResult> {
  return resultOf(startProgram(folder, words));
}
