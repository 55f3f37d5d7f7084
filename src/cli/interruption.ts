/** Someone pressed Ctrl-C. It travels as the reason of an AbortSignal and ends the work at its next halt. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

/**
 * Runs work that Ctrl-C may end; a second one ends the process.
 *
 * @param work asks its signal where it can halt (`signal.throwIfAborted()`)
 * @throws Interruption when it was ended so
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Interruption("Stopped."));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await work(interrupt.signal);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
