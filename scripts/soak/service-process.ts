import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** The example service as a user starts it, in a process of its own. */
export class ServiceProcess {
  readonly address: URL;
  readonly #process: ChildProcess;
  /** What it wrote to standard error. */
  readonly lines: readonly string[];

  private constructor(process: ChildProcess, address: URL, lines: readonly string[]) {
    this.#process = process;
    this.address = address;
    this.lines = lines;
  }

  static async start(tagger: string, port: number, threads: number): Promise<ServiceProcess> {
    const words = ["--import", "tsx", "examples/service/main.ts", tagger, `${port}`, `${threads}`];
    const service = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] });
    const lines: string[] = [];
    const reader = createInterface({ input: service.stderr });
    const started = new Promise<URL>((resolve, reject) => {
      reader.on("line", (line) => {
        lines.push(line);
        const address = /^Tags at (\S+)\/tags/.exec(line)?.[1];
        if (address !== undefined) resolve(new URL(address));
      });
      service.once("exit", (code) => reject(new Error(`The service ended with code ${code}: ${lines.join("\n")}`)));
    });
    return new ServiceProcess(service, await started, lines);
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Bytes of memory that the whole process holds, threads included. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** Ends it as a supervisor does. Returns its exit code. */
  async end(): Promise<number | null> {
    if (this.isRunning) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    return this.#process.exitCode;
  }
}
