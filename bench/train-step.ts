/**
 * Times a training step of the full-size model: image 2048 -> 2 x 512, audio 128 -> 2 x 128, 110 labels, batch 16,
 * 30 to 60 frames a video, a frozen ERNIE-base whose output is cached. One thread of wasm. docs/performance.md has the
 * figures, and the original's beside them.
 *
 *     npm run build && taskset -c 1 npm run bench:train-step -- [--rounds 5] [--backend wasm] [--json]
 */
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import {
  collateLabels,
  computeGradients,
  MultimodalTagger,
  multimodalVideoTag,
  RandomStream,
  rmsProp,
  type SequenceRows,
  TaggerInputs,
  type TaggerOutput,
} from "multimodal-video-tag";
import { useBackend } from "multimodal-video-tag/node";
import { describeMachine, median } from "./machine.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    backend: { type: "string", default: "wasm" },
    json: { type: "boolean", default: false },
  },
});
const BATCH = 16;
const FRAMES = 60;
const NUM_CLASSES = 110;

await useBackend(options.backend);
const random = new RandomStream(1);
const config = multimodalVideoTag({ numClasses: NUM_CLASSES });
const model = new MultimodalTagger(config, random);
const { vocabularySize } = model.text?.encoder.config ?? { vocabularySize: 0 };
const tokenizer = {
  idLimit: vocabularySize,
  encode: (): Int32Array =>
    Int32Array.from({ length: 12 + random.nextInteger(28) }, () => random.nextInteger(vocabularySize)),
};
const inputs = new TaggerInputs(model, { tokenizer, vocabulary: "", maxLength: 50 });

const features = (size: number): SequenceRows => {
  const rows = FRAMES / 2 + random.nextInteger(FRAMES / 2 + 1);
  return { rows, size, data: Float32Array.from({ length: rows * size }, () => random.nextNormal()) };
};
const titles = Array.from({ length: BATCH }, () => tokenizer.encode());
tokenizer.encode = () => titles[next++ % BATCH] as Int32Array;
let next = 0;
const videos = Array.from({ length: BATCH }, () => ({ title: "", image: features(2048), audio: features(128) }));
const classes = videos.map(() => [random.nextInteger(NUM_CLASSES), random.nextInteger(NUM_CLASSES)]);

const parameters = model.trainableParameters();
const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 8e-4 });
const state = optimizer.init(parameters);
const training = (): { training: true; random: RandomStream } => ({ training: true, random });

/** Waits for the backend by reading one number back, as a program would. */
async function seconds(work: () => tf.Tensor | Promise<tf.Tensor>): Promise<number> {
  const begin = performance.now();
  const result = await work();
  await result.data();
  result.dispose();
  return (performance.now() - begin) / 1000;
}

/** One whole step, timed in its own order. */
async function step(): Promise<Record<string, number>> {
  const begin = performance.now();
  const { input } = await inputs.prepare(videos, { training: true });
  const labels = collateLabels(classes, NUM_CLASSES, "multi-hot");
  const prepared = performance.now();
  const { loss, gradients } = computeGradients(() => {
    const output: TaggerOutput = model.forward(input, training());
    return model.loss(output.logits, labels);
  }, parameters);
  await loss.data();
  const differentiated = performance.now();
  optimizer.update(parameters, gradients, state, 7e-4);
  await [...parameters.values()][0]?.data();
  const end = performance.now();
  tf.dispose([input, labels, loss, ...gradients.values()]);
  return {
    step: (end - begin) / 1000,
    "features to tensors, cached titles": (prepared - begin) / 1000,
    "forward and backward": (differentiated - prepared) / 1000,
    optimizer: (end - differentiated) / 1000,
  };
}

/** Forward and backward of each branch alone. */
async function branches(): Promise<Record<string, number>> {
  const { input } = await inputs.prepare(videos, { training: true });
  const result: Record<string, number> = {};
  const text = tf.tidy(() => model.text?.forward(input.text as never)) as tf.Tensor2D;
  for (const modality of ["image", "audio", "text"] as const) {
    const own = new Map([...parameters].filter(([path]) => path.startsWith(`${modality}.`)));
    const forward = (): tf.Tensor =>
      modality === "text"
        ? (model.text?.forward(input.text as never, training()) as tf.Tensor)
        : (model[modality]?.forward(input[modality] as never, text, training()).pooled as tf.Tensor);
    result[`${modality} forward`] = await seconds(() => tf.tidy(() => tf.sum(forward())));
    const both = await seconds(() => {
      const { loss, gradients } = computeGradients(() => tf.sum(forward()) as tf.Scalar, own);
      tf.dispose([...gradients.values()]);
      return loss;
    });
    result[`${modality} backward`] = Math.max(0, both - (result[`${modality} forward`] as number));
  }
  tf.dispose([input, text]);
  return result;
}

const rounds = Number(options.rounds);
const runs: Record<string, number>[] = [];
for (let round = -1; round < rounds; round++) {
  const run = { ...(await step()), ...(await branches()) };
  if (round >= 0) runs.push(run);
}
const medians = Object.fromEntries(
  Object.keys(runs[0] ?? {}).map((name) => [name, median(runs.map((run) => run[name] as number))]),
);
const { step: whole = 0, ...parts } = medians;
if (options.json) {
  console.log(JSON.stringify({ machine: describeMachine(), rounds, step: whole, parts }, null, 2));
} else {
  console.log(describeMachine());
  console.log(`training step: ${whole.toFixed(2)} s (median of ${rounds})`);
  for (const [name, value] of Object.entries(parts)) {
    console.log(
      `  ${name.padEnd(36)} ${value.toFixed(3).padStart(7)} s ${((100 * value) / whole).toFixed(1).padStart(6)} %`,
    );
  }
}
