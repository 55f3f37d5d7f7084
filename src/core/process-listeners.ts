/** What is used here of Node's `process`; a browser has none. */
interface Emitter {
  listeners(event: string): readonly unknown[];
  removeListener(event: string, listener: unknown): void;
}

/**
 * Starts a backend. tfjs's wasm module catches every exception of a Node process that nobody catches, to throw it again: a crash
 * would show the module's minified source in place of its own line, and exit with 7. So what it listens with is removed.
 */
export async function withoutNewListeners<Result>(start: () => Promise<Result>): Promise<Result> {
  const { process } = globalThis as { readonly process?: Partial<Emitter> };
  if (process?.listeners === undefined || process.removeListener === undefined) return start();
  const events = ["uncaughtException", "unhandledRejection"];
  const before = events.map((event) => process.listeners?.(event));
  const result = await start();
  for (const [index, event] of events.entries()) {
    for (const listener of process.listeners(event)) {
      if (!before[index]?.includes(listener)) process.removeListener(event, listener);
    }
  }
  return result;
}
