import { SingleBar } from "cli-progress";

/** Where a command says what it does: standard error, so that standard output is data alone. */
export interface Terminal {
  /** A line of text. */
  say(line: string): void;
  /** A bar where someone watches; nothing where standard error is a file or a pipe. */
  bar(title: string, total: number): Bar;
}

export interface Bar {
  /** @param text what is known so far, as `loss 4.12` */
  update(done: number, text: string): void;
  end(): void;
}

export function createTerminal(): Terminal {
  return {
    say: (line) => process.stderr.write(`${line}\n`),
    bar: (title, total) => {
      if (!process.stderr.isTTY) return { update: () => {}, end: () => {} };
      const bar = new SingleBar({
        format: `${title} [{bar}] {value}/{total} | {text} | {eta_formatted} left`,
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
        stopOnComplete: false,
        barCompleteChar: "=",
        barIncompleteChar: " ",
      });
      bar.start(total, 0, { text: "" });
      return { update: (done, text) => bar.update(done, { text }), end: () => bar.stop() };
    },
  };
}

/** A share as `73.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Hit@k by k as `Hit@1 73.3 %, Hit@2 85.6 %`. */
export function describeHits(hitAtK: ReadonlyMap<number, number>): string {
  return [...hitAtK].map(([k, share]) => `Hit@${k} ${percent(share)}`).join(", ");
}
