import type * as tf from "@tensorflow/tfjs-core";
import type { Moments } from "../../core/moments.ts";
import { expectOptions } from "../../core/options.ts";
import { registeredKernels } from "../../kernels/index.ts";
import type { BatchGradients, StepOptions, TrainStep } from "../../training/train-step.ts";
import { backendInUse } from "../backend.ts";
import { SharedTraining } from "./shared-training.ts";
import { layoutOf, shareMemory, writeValues } from "./shared-values.ts";
import { expectWorkers } from "./worker-count.ts";
import { WorkerThread } from "./worker-thread.ts";

export interface StepWorkersOptions {
  /** How many threads compute: as many as there are cores, at most. Each needs memory for the model. */
  readonly workers: number;
  /**
   * The address of the module that makes the step, `new URL("./my-step.js", import.meta.url)`: its default export is a
   * function that returns one, or a promise of one. Each thread calls it once.
   */
  readonly module: URL;
  /** What that function is given: plain data. */
  readonly config?: unknown;
}

/**
 * Starts threads that share the steps of a training, on the backend and kernels that this thread uses. Each makes a step of
 * its own by the module, and gets the parameters of this thread's. `close` ends them; until then the process goes on.
 *
 *     const workers = await startStepWorkers(step, { workers: 2, module: new URL("./my-step.js", import.meta.url) });
 *     for await (const event of train({ step: workers, data })) console.log(event);
 *     await workers.close();
 *
 * Examples travel to the threads: they must be plain data.
 *
 * @param step this thread's own, whose parameters are trained
 * @throws BackendError when a thread cannot use the backend; TypeError when the module makes no step; MismatchError when its
 *   step has other parameters
 */
export async function startStepWorkers<Example>(
  step: TrainStep<Example>,
  options: StepWorkersOptions,
): Promise<StepWorkers<Example>> {
  expectOptions("startStepWorkers", options, {
    needed: { workers: "number", module: "object" },
    optional: { config: "any" },
  });
  const { workers, module, config } = options;
  expectWorkers("startStepWorkers", workers);
  const all = step.parameters();
  const parameters = shareMemory(all);
  await writeValues(all, all, parameters);
  const setup = {
    backend: backendInUse().name,
    kernels: registeredKernels(),
    module: module.href,
    config,
    layout: layoutOf(all),
    parameters,
  };
  const threads = Array.from({ length: workers }, () => new WorkerThread());
  const pool = new StepWorkers(step, threads);
  try {
    await Promise.all(threads.map((thread) => thread.call("startStep", setup)));
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** A step that threads do together. */
export class StepWorkers<Example> implements TrainStep<Example> {
  readonly #step: TrainStep<Example>;
  readonly #threads: readonly WorkerThread[];
  readonly #training: SharedTraining;

  constructor(step: TrainStep<Example>, threads: readonly WorkerThread[]) {
    this.#step = step;
    this.#threads = threads;
    this.#training = new SharedTraining(step, threads);
  }

  parameters(): ReadonlyMap<string, tf.Variable> {
    return this.#step.parameters();
  }

  statistics(): ReadonlyMap<string, tf.Variable> {
    return this.#step.statistics?.() ?? new Map();
  }

  absorb(moments: ReadonlyMap<string, Moments>): void {
    this.#step.absorb?.(moments);
  }

  gradients(examples: readonly Example[], options: StepOptions): Promise<BatchGradients> {
    return this.#training.gradients(examples, options, (example) => this.#step.cost?.(example) ?? 1);
  }

  /** Ends every thread, whatever it is doing: what was asked of it fails. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}
