import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { VideoTagError } from "../../formats/video-tag-error.ts";
import type { TitleEncodingStore } from "../../tagging/title-encodings.ts";
import { CallChannel } from "./call-channel.ts";
import type { EncodingTasks, WorkerTasks } from "./worker-tasks.ts";

/** A worker thread ended although it had more to do. */
export class WorkerError extends VideoTagError {
  override readonly name = "WorkerError";
  override readonly code = "ERR_WORKER";
}

/** The built program of a worker; this file itself may run from the sources. */
function programOfWorker(): URL {
  const manifest = createRequire(import.meta.url).resolve("multimodal-video-tag/package.json");
  return new URL("dist/worker.js", pathToFileURL(manifest));
}

/** A thread that does the tasks of worker.ts, one after another. */
export class WorkerThread {
  readonly #worker: Worker;
  readonly #channel: CallChannel<EncodingTasks, WorkerTasks>;

  /** @param encodings what it shares with the others by modality, where it holds a tagger */
  constructor(encodings: ReadonlyMap<string, TitleEncodingStore> = new Map()) {
    // Features are large and short-lived: where the young generation may grow, they are freed late.
    this.#worker = new Worker(programOfWorker(), { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    this.#channel = new CallChannel(this.#worker, {
      readEncoding: async (modality, title) => encodings.get(modality)?.read(title),
      writeEncoding: async (modality, title, values) => encodings.get(modality)?.write(title, values),
    });
    this.#worker.on("error", ({ message }) =>
      this.#channel.close(new WorkerError(`A worker thread failed: ${message}`)),
    );
    this.#worker.on("exit", (code) => this.#channel.close(new WorkerError(`A worker thread ended with code ${code}.`)));
  }

  /** @throws what the task throws; WorkerError when the thread ends before it is done */
  call<Name extends keyof WorkerTasks>(
    task: Name,
    ...given: Parameters<WorkerTasks[Name]>
  ): Promise<Awaited<ReturnType<WorkerTasks[Name]>>> {
    return this.#channel.call(task, ...given);
  }

  /** The same, with memory that is the thread's from then on. */
  callWith<Name extends keyof WorkerTasks>(
    memory: readonly ArrayBuffer[],
    task: Name,
    ...given: Parameters<WorkerTasks[Name]>
  ): Promise<Awaited<ReturnType<WorkerTasks[Name]>>> {
    return this.#channel.callWith(memory, task, ...given);
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    this.#channel.close(new WorkerError("The workers were closed."));
    await this.#worker.terminate();
  }
}
