/** What is to be said of a file. */
export interface Inspection {
  readonly kind: "feature file" | "checkpoint" | "list file" | "class file" | "vocabulary" | "dataset";
  /** For machines. */
  readonly json: object;
  /** For people. */
  readonly lines: readonly string[];
  /** A sentence for each reason why the file cannot be used. */
  readonly problems: readonly string[];
}
