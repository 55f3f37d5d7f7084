import { mergeAllMoments } from "../../core/moments.ts";
import { addSums } from "../../training/batch-sums.ts";
import { dealExamples } from "../../training/deal-examples.ts";
import {
  type BatchGradients,
  changingOf,
  type StepOptions,
  type Trained,
  trainableOf,
} from "../../training/train-step.ts";
import { readTensors, shareMemory, writeValues } from "./shared-values.ts";
import type { WorkerThread } from "./worker-thread.ts";

/**
 * A training whose steps some threads share: parameters and gradients are in shared memory. A batch is dealt so that the
 * shares are alike, and their gradients are added in the order of the shares, a range of values in each thread. So the same
 * number of threads gives the same bits.
 */
export class SharedTraining {
  readonly #model: Trained;
  readonly #threads: readonly WorkerThread[];
  /** What training changes, and each thread's gradients; there from the first step on. */
  #parameters: Float32Array | undefined;
  #gradients: readonly Float32Array[] | undefined;

  /** @param threads each of which has a step of its own for such a model */
  constructor(model: Trained, threads: readonly WorkerThread[]) {
    this.#model = model;
    this.#threads = threads;
  }

  /** All that training changes as it is now, in shared memory. */
  async parameters(): Promise<Float32Array> {
    const changing = changingOf(this.#model);
    this.#parameters ??= shareMemory(changing);
    await writeValues(changing, changing, this.#parameters);
    return this.#parameters;
  }

  /** Gives the threads the parameters that the model has now. */
  async refresh(): Promise<void> {
    const parameters = await this.parameters();
    await Promise.all(this.#threads.map((thread) => thread.call("load", parameters)));
  }

  /** @param cost of each example */
  async gradients<Example>(
    examples: readonly Example[],
    { step, random }: StepOptions,
    cost: (example: Example) => number = () => 1,
  ): Promise<BatchGradients> {
    const parameters = await this.parameters();
    const trainable = trainableOf(this.#model);
    this.#gradients ??= this.#threads.map(() => shareMemory(trainable));
    const memories = this.#gradients;
    const shares = dealExamples(examples.map(cost), this.#threads.length);
    const done = await allOrFirstFailure(
      shares.map((places, index) =>
        (this.#threads[index] as WorkerThread).call("gradients", {
          examples: places.map((place) => examples[place]),
          step,
          random: random.fork(`share ${index}`).state,
          parameters,
          gradients: memories[index] as Float32Array,
        }),
      ),
    );
    const sum = await this.#add(memories.slice(0, shares.length));
    return {
      loss: done.reduce((total, { loss }) => total + loss, 0),
      sums: done.reduce((total, { sums }) => addSums(total, sums), {}),
      moments: done.reduce((total, { moments }) => mergeAllMoments(total, moments), NO_MOMENTS),
      gradients: readTensors(trainable, new Set(done.flatMap(({ paths }) => paths)), sum),
    };
  }

  /** Adds the memories up in their order, each thread a range of values. Returns the first, which holds the sum. */
  async #add(memories: readonly Float32Array[]): Promise<Float32Array> {
    const [sum = new Float32Array(0)] = memories;
    if (memories.length > 1) {
      const size = Math.ceil(sum.length / this.#threads.length);
      await allOrFirstFailure(
        this.#threads.map((thread, index) =>
          thread.call("add", memories, index * size, Math.min((index + 1) * size, sum.length)),
        ),
      );
    }
    return sum;
  }
}

const NO_MOMENTS: NonNullable<BatchGradients["moments"]> = new Map();

/** Waits for all of them, so that none goes on in memory that the next step uses, and throws the first's failure. */
async function allOrFirstFailure<Result>(calls: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(calls);
  return Promise.all(calls);
}
