import type { ProgramResult } from "./program.ts";

/** What `evaluate --json` prints. */
export interface EvaluationJson {
  readonly hitAtK: Readonly<Record<string, number>>;
  readonly meanAveragePrecision: number;
  readonly globalAveragePrecision: number;
  readonly microF1: number;
  readonly loss: number;
  readonly videos: number;
  readonly skipped: readonly {
    readonly line: number;
    readonly fileName: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

/** @throws Error with what the program said when it failed */
export function evaluationOf({ code, stdout, stderr }: ProgramResult): EvaluationJson {
  if (code !== 0) throw new Error(`The program ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as EvaluationJson;
}
