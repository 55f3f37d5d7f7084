import { constants } from "node:os";

/** What ends a command: Ctrl-C, another program's wish, a terminal that is closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const SHOW_CURSOR = "\u001b[?25h";

/** A signal asked the command to end. It travels as the reason of an AbortSignal and ends the work at its next halt. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  /** What the process ends with, by custom: 128 and the signal's number. */
  readonly exitCode: number;

  constructor(signal: (typeof SIGNALS)[number]) {
    super("Stopped.");
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Runs work that a signal may end: SIGINT, SIGTERM or SIGHUP. A second one ends the process at once, whatever it is doing.
 *
 * @param work asks its signal where it can halt (`signal.throwIfAborted()`)
 * @throws Interruption when it was ended so
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  const release = () => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
  const stop = (signal: (typeof SIGNALS)[number]) => {
    release(); // from here on they do what they do to any program
    // A bar has hidden it, and what a second signal ends can show it no more.
    if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
    interrupt.abort(new Interruption(signal));
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await work(interrupt.signal);
  } finally {
    release();
  }
}
