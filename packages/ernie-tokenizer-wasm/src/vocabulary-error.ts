/** A vocabulary that cannot be used: what is wrong, and where. */
export class VocabularyError extends Error {
  override readonly name = "VocabularyError";
  /** Counted from 1; absent when the fault is not that of one line. */
  readonly line: number | undefined;

  constructor(problem: string, line?: number) {
    super(`Vocabulary${line === undefined ? "" : `, line ${line}`}: ${problem}`);
    this.line = line;
  }
}
