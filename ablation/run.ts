import * as tf from "@tensorflow/tfjs-core";
import { describeMachine } from "../bench/harness/machine.ts";
import { RandomStream } from "../src/index.ts";
import { measure } from "./measurement.ts";
import { makeModel } from "./models.ts";
import { ROWS, type Row, type RowName, type Setting } from "./plan.ts";
import type { PlantedData } from "./planted-data.ts";
import type { Result } from "./results.ts";
import { trainModel } from "./training.ts";

/** Trains one model and measures it. The seed decides its first parameters, the order of the videos, and dropout. */
export async function runOnce(
  { world, row: name, seed }: { readonly world: number; readonly row: RowName; readonly seed: number },
  data: PlantedData,
  setting: Setting,
): Promise<Result> {
  const row: Row = ROWS[name];
  const random = new RandomStream(seed);
  const model = makeModel(row, setting, data.encoder, random.fork("parameters"));
  try {
    const begin = { clock: performance.now(), processor: process.cpuUsage() };
    const loss = await trainModel(model, row, data.train, setting, seed);
    const { user, system } = process.cpuUsage(begin.processor);
    const seconds = (performance.now() - begin.clock) / 1000;
    const sizes = [...model.trainableParameters().values()].map(({ size }) => size);
    return {
      world,
      row: name,
      seed,
      loss,
      parameters: sizes.reduce((sum, size) => sum + size, 0),
      seconds,
      processorSeconds: (user + system) / 1e6,
      ...(await measure(model, row, data.valid)),
      machine: `${describeMachine()}; tfjs ${tf.version_core}; backend ${tf.getBackend()}`,
      setting,
    };
  } finally {
    model.dispose();
  }
}
