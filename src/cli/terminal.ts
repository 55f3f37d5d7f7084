import progress from "cli-progress";
import { visible, visibleJson } from "../formats/visible-text.ts";
import { asFileError, errorCode } from "../node/files.ts";
import type { Evaluation } from "../tagging/evaluation.ts";
import { progressLine } from "./progress-line.ts";

/** Of a terminal that does not say how wide it is. */
const USUAL_COLUMNS = 80;

/**
 * Where a command says what it does - standard error - and where its data goes: standard output. Whatever a file may have
 * smuggled into a text, a terminal is never made to obey it: what cannot be seen is shown by its number.
 */
export interface Terminal {
  /** A line of text. */
  say(line: string): void;
  /** A bar where someone watches; nothing where standard error is a file or a pipe. */
  bar(title: string, total: number): Bar;
  /**
   * Lines for people.
   *
   * @throws FileError when they cannot be written. That nobody reads them any more is no error.
   */
  print(text: string): Promise<void>;
  /** JSON, or a piece of it, for machines; otherwise as print. */
  printJson(json: string): Promise<void>;
}

export interface Bar {
  /**
   * @param text what is known so far, as `loss 4.12`
   * @param runSecondsLeft until everything is done of which this is a part
   */
  update(done: number, text: string, runSecondsLeft?: number): void;
  end(): void;
}

/** The same without bars, and without what only says how the work goes on. */
export function quietTerminal(terminal: Terminal): Terminal {
  return { ...terminal, say: () => {}, bar: () => ({ update: () => {}, end: () => {} }) };
}

export function createTerminal(): Terminal {
  // A reader that goes away (as `head` does) would else end the process with a stack trace.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const write = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => {
        if (error && errorCode(error) !== "EPIPE") reject(asFileError(error, "standard output"));
        else resolve();
      });
    });
  return {
    say: (line) => process.stderr.write(`${visible(line)}\n`),
    bar: (title, total) => {
      if (!process.stderr.isTTY) return { update: () => {}, end: () => {} };
      const bar = new progress.SingleBar({
        format: (_options, { value, total: of, eta }, { text, runSecondsLeft }) => {
          // How long it takes is not known before something is done.
          const secondsLeft = value > 0 && Number.isFinite(Number(eta)) ? Number(eta) : undefined;
          const columns = process.stderr.columns || USUAL_COLUMNS;
          return progressLine({ title, done: value, total: of, secondsLeft, runSecondsLeft, text }, columns);
        },
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
        stopOnComplete: false,
      });
      bar.start(total, 0, { text: "" });
      return {
        update: (done, text, runSecondsLeft) => bar.update(done, { text: visible(text), runSecondsLeft }),
        end: () => bar.stop(),
      };
    },
    print: (text) => write(text.split("\n").map(visible).join("\n")),
    printJson: (json) => write(visibleJson(json)),
  };
}

/** A share as `73.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Hit@k by k, and mAP: `Hit@1 73.3 %, Hit@2 85.6 %, mAP 70.1 %`. */
export function describeAccuracy({
  hitAtK,
  meanAveragePrecision,
}: Pick<Evaluation, "hitAtK" | "meanAveragePrecision">): string {
  const hits = [...hitAtK].map(([k, share]) => `Hit@${k} ${percent(share)}`);
  return [...hits, `mAP ${percent(meanAveragePrecision)}`].join(", ");
}
