import type { Terminal } from "../../src/cli/terminal.ts";

/** A terminal that keeps what a command says. */
export interface RecordedTerminal extends Terminal {
  /** Lines to standard error. */
  readonly said: string[];
}

export function recordedTerminal(): RecordedTerminal {
  const said: string[] = [];
  return {
    said,
    say: (line) => said.push(line),
    bar: () => ({ update: () => {}, end: () => {} }),
    print: () => Promise.resolve(),
    printJson: () => Promise.resolve(),
  };
}
