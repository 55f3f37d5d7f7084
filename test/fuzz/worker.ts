import { parentPort, workerData } from "node:worker_threads";
import { mutated } from "./mutation.ts";
import { parserNamed, tryParser } from "./parsers.ts";

/** What one thread is to do. */
export interface FuzzTask {
  readonly seed: number;
  readonly name: string;
  /** The first input's number. */
  readonly from: number;
  readonly seconds: number;
  readonly count: number;
  /** [number of the input at hand]: how main.ts knows it of a thread that does not answer. */
  readonly progress: SharedArrayBuffer;
}

/** What came of it. */
export interface FuzzResult {
  readonly inputs: number;
  readonly values: number;
  readonly errors: number;
  readonly slowest: number;
  /** The number of the input that gave neither a value nor a typed error in time, and why. */
  readonly failure?: { readonly index: number; readonly problem: string };
}

/** Milliseconds that an input may take. */
const MAX_MILLISECONDS = 2000;
/** Bytes that the process may have taken, once it has read all that it begins with. */
const MAX_MEMORY = 1.5e9;

async function fuzz({ seed, name, from, seconds, count, progress }: FuzzTask): Promise<FuzzResult> {
  const parser = parserNamed(name);
  const corpus = parser.corpus();
  const at = new Int32Array(progress);
  const end = performance.now() + seconds * 1000;
  const result = { inputs: 0, values: 0, errors: 0, slowest: 0 };
  for (let index = from; index < from + count && performance.now() < end; index++) {
    Atomics.store(at, 0, index);
    const bytes = mutated(corpus, seed, name, index);
    const failure = (problem: string): FuzzResult => ({ ...result, failure: { index, problem } });
    let milliseconds = 0;
    // An input that seems slow is tried again: the machine may have been busy with other things.
    for (let attempt = 0; attempt < 3; attempt++) {
      const start = performance.now();
      try {
        const came = await tryParser(parser, bytes);
        if (attempt === 0) result[came === "value" ? "values" : "errors"]++;
      } catch (error) {
        return failure(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
      milliseconds = performance.now() - start;
      if (milliseconds < MAX_MILLISECONDS) break;
    }
    result.inputs++;
    result.slowest = Math.max(result.slowest, milliseconds);
    if (milliseconds >= MAX_MILLISECONDS) return failure(`It took ${Math.round(milliseconds)} ms.`);
    if (index % 64 === 0 && process.memoryUsage.rss() > MAX_MEMORY) {
      return failure(
        `The process has taken ${process.memoryUsage.rss()} bytes: this input, or one of the 63 before it.`,
      );
    }
  }
  return result;
}

parentPort?.postMessage(await fuzz(workerData as FuzzTask));
