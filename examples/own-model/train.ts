/**
 * Trains a model of one's own with two worker threads. Whenever it is stopped, calling it again goes on, and ends at the
 * same bits as a training that was never stopped. Usage: a folder for its state, and epochs.
 *
 *     npx tsx examples/own-model/train.ts speed 8
 */
import { createHash } from "node:crypto";
import { RandomStream, readVariables } from "multimodal-video-tag";
import { defaultBackend, startStepWorkers } from "multimodal-video-tag/node";
import { TrainingCheckpoints } from "multimodal-video-tag/runs";
import { adamW, createTrainingState, disposeTrainingState, train } from "multimodal-video-tag/training";
import makeStep, { type Curve } from "./model.ts";

function drawCurve(random: RandomStream): Curve {
  const [rows, speed] = [10 + random.nextInteger(20), 0.5 + 2 * random.next()];
  const point = (_: unknown, time: number) => Math.sin(2 * Math.PI * speed * (time / 10)) + 0.1 * random.nextNormal();
  return { rows: { rows, size: 1, data: Float32Array.from({ length: rows }, point) }, speed };
}

const [folder = "speed", epochs = "8"] = process.argv.slice(2);
await defaultBackend();
const random = new RandomStream(3);
const curves = Array.from({ length: 256 }, () => drawCurve(random));

const step = makeStep();
const optimizer = adamW();
const state = createTrainingState(step, { optimizer });
const checkpoints = new TrainingCheckpoints(folder);
await checkpoints.restore({ model: step, state });

const module = new URL("./thread.js", import.meta.url);
const workers = await startStepWorkers(step, { workers: 2, module });
const schedule = () => 0.02;
for await (const event of train({
  step: workers,
  data: curves,
  optimizer,
  schedule,
  state,
  batchSize: 16,
  epochs: Number(epochs),
})) {
  if (event.kind === "step") continue;
  await checkpoints.save({ model: step, state });
  console.log(`epoch ${event.epoch + 1}: mean squared error ${event.loss.toFixed(4)}`);
}
await workers.close();
disposeTrainingState(state);

const digest = createHash("sha256");
for (const { data } of (await readVariables(step.parameters())).values()) digest.update(data);
console.log(`parameters ${digest.digest("hex").slice(0, 16)}`);
