/** A vocabulary that cannot be used: what is wrong, and where. */
export class VocabularyError extends Error {
  override readonly name = "VocabularyError";
  /** What is wrong, without where. */
  readonly problem: string;
  /** Counted from 1; absent when the fault is not that of one line. */
  readonly line: number | undefined;

  constructor(problem: string, line?: number) {
    super(`Vocabulary${line === undefined ? "" : `, line ${line}`}: ${problem}`);
    this.problem = problem;
    this.line = line;
  }
}
