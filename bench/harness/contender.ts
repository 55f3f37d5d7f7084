import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Something that is measured: a program in contenders/, in a process of its own. */
export interface Contender {
  readonly name: string;
  /** In contenders/: TypeScript or Python. */
  readonly program: string;
  /** Goes to the program with every case. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Cores it may use. Default 1. */
  readonly threads?: number;
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a contender answers. */
export type Answer = {
  readonly seconds?: number;
  readonly cpuSeconds?: number;
  readonly versions?: Readonly<Record<string, string>>;
  readonly results?: readonly number[];
  readonly note?: string;
  /** Why it does not run this case. */
  readonly skipped?: string;
  /** A package that it needs and that is not installed. */
  readonly missing?: string;
};

const MARK = "@bench ";
const PROGRAMS = new URL("../contenders/", import.meta.url);
const PYTHON = fileURLToPath(new URL("../cache/python/bin/python", import.meta.url));

/** A contender's process. It computes only between a question and its answer, so contenders can take turns. */
export class ContenderProcess {
  readonly #contender: Contender;
  readonly #child: ChildProcess | undefined;
  readonly #lines: AsyncIterator<string> | undefined;
  #complaints = "";

  constructor(contender: Contender) {
    this.#contender = contender;
    const file = fileURLToPath(new URL(contender.program, PROGRAMS));
    const isPython = file.endsWith(".py");
    if (isPython && !existsSync(PYTHON)) return;
    const threads = String(contender.threads ?? 1);
    const child = spawn(
      isPython ? PYTHON : process.execPath,
      isPython ? [file] : [...(contender.nodeFlags ?? []), "--import", "tsx", file],
      {
        env: {
          ...process.env,
          ...{ OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, RAYON_NUM_THREADS: threads },
          ...{ TF_CPP_MIN_LOG_LEVEL: "2", TOKENIZERS_PARALLELISM: String(threads !== "1") },
          ...contender.environment,
        },
      },
    );
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-2000);
    });
    child.stdin.on("error", () => undefined); // A process that died is noticed when it does not answer.
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error when the process fails */
  async ask(question: object): Promise<Answer> {
    if (!this.#child || !this.#lines) return { missing: "the Python peers (npm run peers --prefix bench)" };
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`${this.#contender.name} ended without an answer.\n${this.#complaints}`);
      if (!value.startsWith(MARK)) continue;
      const answer = JSON.parse(value.slice(MARK.length));
      if (answer.error !== undefined) throw new Error(`${this.#contender.name} failed.\n${answer.error}`);
      return answer;
    }
  }

  stop(): void {
    this.#child?.kill();
  }
}
