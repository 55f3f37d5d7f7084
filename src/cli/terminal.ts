import progress from "cli-progress";
import type { Evaluation } from "../inference/evaluation.ts";
import { asFileError, errorCode } from "../node/files.ts";

/** Where a command says what it does - standard error - and where its data goes: standard output. */
export interface Terminal {
  /** A line of text. Control characters, which a file may have smuggled into it, are shown by their number. */
  say(line: string): void;
  /** A bar where someone watches; nothing where standard error is a file or a pipe. */
  bar(title: string, total: number): Bar;
  /**
   * Data, as it is.
   *
   * @throws FileError when it cannot be written. That nobody reads it any more is no error.
   */
  print(data: string): Promise<void>;
}

export interface Bar {
  /** @param text what is known so far, as `loss 4.12` */
  update(done: number, text: string): void;
  end(): void;
}

/** The same without bars, and without what only says how the work goes on. */
export function quietTerminal(terminal: Terminal): Terminal {
  return { ...terminal, say: () => {}, bar: () => ({ update: () => {}, end: () => {} }) };
}

export function createTerminal(): Terminal {
  // A reader that goes away (as `head` does) would else end the process with a stack trace.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    say: (line) => process.stderr.write(`${visible(line)}\n`),
    bar: (title, total) => {
      if (!process.stderr.isTTY) return { update: () => {}, end: () => {} };
      const bar = new progress.SingleBar({
        format: (options, params, payload) => {
          // How long it takes is not known before something is done.
          const rest = params.value > 0 ? "{text} | {eta_formatted} left" : "";
          const format = `${title} [{bar}] {value}/{total}${rest}`;
          return progress.Format.Formatter({ ...options, format }, params, payload);
        },
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
        stopOnComplete: false,
        barCompleteChar: "=",
        barIncompleteChar: " ",
      });
      bar.start(total, 0, { text: "" });
      return { update: (done, text) => bar.update(done, { text: ` | ${visible(text)}` }), end: () => bar.stop() };
    },
    print: (data) =>
      new Promise((resolve, reject) => {
        process.stdout.write(data, (error) => {
          if (error && errorCode(error) !== "EPIPE") reject(asFileError(error, "standard output"));
          else resolve();
        });
      }),
  };
}

/** Text without control characters: a terminal would obey them. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A share as `73.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Hit@k by k, and mAP: `Hit@1 73.3 %, Hit@2 85.6 %, mAP 70.1 %`. */
export function describeAccuracy({ hitAtK, meanAveragePrecision }: Evaluation): string {
  const hits = [...hitAtK].map(([k, share]) => `Hit@${k} ${percent(share)}`);
  return [...hits, `mAP ${percent(meanAveragePrecision)}`].join(", ");
}
