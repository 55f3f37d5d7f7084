import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { MismatchError } from "../../../src/core/errors.ts";
import { Module } from "../../../src/core/module.ts";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { BatchNorm, Dropout, Linear } from "../../../src/layers/index.ts";
import { useBackend } from "../../../src/node/backend.ts";
import { startStepWorkers } from "../../../src/node/workers/step-workers.ts";
import { WorkerError } from "../../../src/node/workers/worker-thread.ts";
import { TrainingCheckpoints } from "../../../src/runs/training-checkpoints.ts";
import { type EpochEvent, train } from "../../../src/training/train.ts";
import { stepOf, type TrainStep } from "../../../src/training/train-step.ts";
import { createTrainingState } from "../../../src/training/training-state.ts";
import { exponentialMovingAverage } from "../../../src/training/weight-average.ts";
import { regressionStepOf } from "../../support/regression-step.mjs";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { expectClose } from "../../support/tensors.ts";
import { type Moment, momentOf } from "../../support/training-moment.ts";

interface Point {
  readonly x: readonly number[];
  readonly y: number;
}

const makeStep = regressionStepOf({ Module, BatchNorm, Dropout, Linear, stepOf });
const module = new URL("../../support/regression-step-module.mjs", import.meta.url);
const average = exponentialMovingAverage({ decay: 0.8 });

function points(count: number): Point[] {
  const random = new RandomStream(4);
  return Array.from({ length: count }, () => {
    const x = [random.nextNormal(), random.nextNormal()];
    return { x, y: 2 * (x[0] as number) - (x[1] as number) + 0.5 };
  });
}

interface Ending {
  readonly moment: Moment;
  readonly epochs: readonly EpochEvent[];
}

/** Trains with threads to the end, or to the moment after a step, from the folder's last moment where there is one. */
async function trained(
  workers: number,
  { folder = temporaryFolder(), lastStep = Number.POSITIVE_INFINITY } = {},
): Promise<Ending> {
  const config = { norm: true };
  const step: TrainStep<Point> = makeStep(config);
  const state = createTrainingState(step, { average });
  const checkpoints = new TrainingCheckpoints(join(folder, "state"));
  await checkpoints.restore({ model: step, state });
  const pool = await startStepWorkers(step, { workers, module, config });
  const epochs: EpochEvent[] = [];
  try {
    for await (const event of train({ step: pool, data: points(22), average, state, batchSize: 6, epochs: 2 })) {
      if (event.kind === "epoch") epochs.push(event);
      else if (event.step === lastStep) {
        await checkpoints.save({ model: step, state });
        break;
      }
    }
  } finally {
    await pool.close();
  }
  return { moment: await momentOf(step, state), epochs };
}

beforeAll(() => useBackend("wasm"));

describe("threads with a step of one's own", () => {
  test("give the same training every time; another number of them gives another", async () => {
    const unbroken = await trained(2);
    expect(unbroken.moment.progress.step).toBe(8);
    expect(await trained(2)).toEqual(unbroken);
    expect((await trained(3)).moment.parameters).not.toEqual(unbroken.moment.parameters);
  });

  test.each([0, 3, 5])("that go on after step %d give bit for bit what they give without a break", async (lastStep) => {
    const folder = temporaryFolder();
    const first = await trained(2, { folder, lastStep });
    const rest = await trained(2, { folder });
    const unbroken = await trained(2);
    expect(rest.moment).toEqual(unbroken.moment);
    expect([...first.epochs, ...rest.epochs]).toEqual(unbroken.epochs);
  });

  test("give the gradients of one thread where nothing is drawn", async () => {
    const config = { rate: 0 };
    const step: TrainStep<Point> = makeStep(config);
    const given = { step: 0, random: new RandomStream(1) };
    const alone = await step.gradients(points(7), given);
    const pool = await startStepWorkers(step, { workers: 3, module, config });
    const before = tf.memory().numTensors;
    for (const some of [7, 7, 2]) {
      const together = await pool.gradients(points(7).slice(0, some), given);
      if (some === 7) {
        expect(together.loss).toBeCloseTo(alone.loss, 4);
        for (const [path, gradient] of together.gradients) {
          expectClose(await gradient.data(), await (alone.gradients.get(path) as tf.Tensor).data(), 1e-5, path);
        }
      }
      tf.dispose([...together.gradients.values()]);
    }
    expect(tf.memory().numTensors).toBe(before);
    await pool.close();
  });

  test("tell the moments of the whole batch, from which its running statistics move", async () => {
    const config = { norm: true };
    const step: TrainStep<Point> = makeStep(config);
    const pool = await startStepWorkers(step, { workers: 3, module, config });
    const given = { step: 0, random: new RandomStream(1) };
    const [alone, together] = [await step.gradients(points(8), given), await pool.gradients(points(8), given)];
    const [here, there] = [alone.moments?.get("norm"), together.moments?.get("norm")];
    expect(there?.rows).toBe(8);
    expectClose(there?.mean ?? [], here?.mean ?? [], 1e-6, "mean");
    expectClose(there?.variance ?? [], here?.variance ?? [], 1e-6, "variance");
    expect([...together.gradients.keys()]).toEqual(["head.kernel", "head.bias", "norm.scale", "norm.bias"]);
    await pool.close();
  });

  test("leave alone what this thread has frozen", async () => {
    const step: TrainStep<Point> = makeStep();
    const bias = step.parameters().get("head.bias") as tf.Variable;
    bias.trainable = false;
    const pool = await startStepWorkers(step, { workers: 2, module });
    const { gradients } = await pool.gradients(points(4), { step: 0, random: new RandomStream(1) });
    expect([...gradients.keys()]).toEqual(["head.kernel"]);
    await pool.close();
  });

  test("end the training with a sentence when one of them ends", async () => {
    const step: TrainStep<Point> = makeStep();
    const config = { dies: true };
    const pool = await startStepWorkers(step, { workers: 2, module, config });
    const data = [...points(5), { x: [9, 9], y: 1 }];
    await expect(train({ step: pool, data, batchSize: 6 }).next()).rejects.toThrow(
      new WorkerError("A worker thread ended with code 3."),
    );
    await pool.close();
  });

  const textModule = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  test.each([
    [{ workers: 0, module }, RangeError, "startStepWorkers: workers must be a whole number from 1 to 64. Got 0."],
    [{ workers: 1 }, TypeError, "startStepWorkers: module must be an object. Got none."],
    [
      { workers: 1, module: textModule("export default 3") },
      TypeError,
      "expected a function as its default export, which makes a training step.",
    ],
    [
      { workers: 1, module: textModule("export default () => ({})") },
      TypeError,
      "what its default export returns is no training step.",
    ],
    [
      { workers: 1, module, config: { size: 3 } },
      MismatchError,
      "its step must have the parameters of the given one. Parameter 0 must be head.kernel [2, 1]. Got head.kernel [3, 1].",
    ],
  ])("are not started with what cannot be used there: %#", async (options, kind, sentence) => {
    const problem = await startStepWorkers(makeStep(), options as never).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(kind);
    expect((problem as Error).message).toContain(sentence);
    await vi.waitFor(() =>
      expect(process.getActiveResourcesInfo().filter((resource) => resource === "Worker")).toEqual([]),
    );
  });
});
