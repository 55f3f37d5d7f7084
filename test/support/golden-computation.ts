import * as tf from "@tensorflow/tfjs-core";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import { loadState, type ParameterValues, readState } from "../../src/core/state.ts";
import type { BidirectionalLstm } from "../../src/layers/peephole-lstm.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { stateFromPaddle, stateToPaddle, taggerPaddleTable } from "../../src/paddle/parameter-names.ts";
import { computeGradients } from "../../src/training/gradients.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { piecewiseDecay } from "../../src/training/schedules.ts";
import { type Arrays, type GoldenModel, goldenInput } from "./golden-model.ts";

export const WEIGHT_DECAY = 8e-4;

/** What a golden model's forward pass gives on this backend, by the golden file's names without their `out.`. */
export async function computeForward(golden: GoldenModel): Promise<Arrays> {
  const tagger = new MultimodalTagger(golden.config, null);
  loadState(tagger, stateFromPaddle(golden.initial, taggerPaddleTable(tagger)));
  const { input, labels } = goldenInput(golden.forward, "in.");
  const { lens_i, lens_a, lstm_size_img, lstm_size_audio } = golden.case.config;
  const text = tagger.tower("text");
  const tokens = input.sequences["text"];
  if (tokens === undefined || !("tokenIds" in tokens)) throw new Error("A golden model has all modalities.");
  const results: Arrays = new Map();
  const keep = async (name: string, tensor: tf.Tensor): Promise<void> => {
    results.set(name, { shape: tensor.shape, data: (await tensor.data()) as Float32Array });
  };

  const encoded = text.encode(tokens);
  const { pooled: cnn } = text.pooling.forward({ values: encoded, mask: tokens.mask });
  await keep("ernie_sequence", encoded);
  await keep("text_cnn", cnn);
  tf.dispose([encoded, cnn]);

  for (const [modality, lengths, units] of [
    ["image", lens_i, lstm_size_img],
    ["audio", lens_a, lstm_size_audio],
  ] as const) {
    const { recurrence } = tagger.tower(modality);
    const { hidden, cell } = (recurrence as BidirectionalLstm).states(input.sequences[modality] as SequenceBatch);
    for (const [what, tensor] of [
      ["lstm", hidden],
      ["cell", cell],
    ] as const) {
      const values = await rowsOf(tensor, lengths);
      results.set(`${modality}_${what}_forward`, columnsOf(values, 0, units));
      results.set(`${modality}_${what}_backward`, columnsOf(values, units, 2 * units));
    }
    tf.dispose([hidden, cell]);
  }

  const output = tagger.forward(input);
  const { features, attention } = output;
  await keep("text_feature", features["text"] as tf.Tensor);
  await keep("image_pool", features["image"] as tf.Tensor);
  await keep("audio_pool", features["audio"] as tf.Tensor);
  results.set("image_attention", await rowsOf(attention["image"] as tf.Tensor, lens_i));
  results.set("audio_attention", await rowsOf(attention["audio"] as tf.Tensor, lens_a));
  await keep("logits", output.logits);
  await keep("probs", output.probabilities);
  const loss = tagger.loss(output.logits, labels);
  results.set("loss", { shape: [1], data: (await loss.data()) as Float32Array });
  tf.dispose([loss, labels, input, output]);
  tagger.dispose();
  return results;
}

/** What came of a golden model's training steps; parameters go by the reference's names. */
export interface GoldenTraining {
  readonly losses: readonly number[];
  readonly learningRates: readonly number[];
  /** Of the first step. */
  readonly gradients: Arrays;
  readonly trained: Arrays;
}

/** @param golden read with a dropout rate of 0 */
export async function computeTraining(golden: GoldenModel): Promise<GoldenTraining> {
  const tagger = new MultimodalTagger(golden.config, null);
  const table = taggerPaddleTable(tagger);
  loadState(tagger, stateFromPaddle(golden.initial, table));
  const { learning_rate, decay_gamma, decay_epochs, num_samples, batch_size } = golden.case.config;
  const schedule = piecewiseDecay({
    learningRate: learning_rate,
    gamma: decay_gamma,
    boundaries: decay_epochs.map((epoch) => (epoch * num_samples) / batch_size),
  });
  const optimizer = rmsProp({
    rho: 0.95,
    epsilon: 1e-6,
    weightDecay: (path) => (path === "towers.audio.recurrence.forwards.input.bias" ? 0 : WEIGHT_DECAY),
  });
  const parameters = tagger.trainableParameters();
  const state = optimizer.init(parameters);
  const losses: number[] = [];
  const learningRates: number[] = [];
  const firstGradients: Arrays = new Map();
  for (const step of golden.case.train_losses.keys()) {
    const { input, labels } = goldenInput(golden.batches, `batch${step % 2}.`);
    const { loss, gradients } = computeGradients(
      () => tagger.loss(tagger.forward(input, {}).logits, labels),
      parameters,
    );
    losses.push((await loss.data())[0] as number);
    learningRates.push(schedule(step));
    if (step === 0) {
      for (const [path, gradient] of gradients) {
        firstGradients.set(path, { shape: gradient.shape, data: (await gradient.data()) as Float32Array });
      }
    }
    optimizer.update(parameters, gradients, state, schedule(step));
    tf.dispose([loss, labels, input, ...gradients.values()]);
  }
  const trained = stateToPaddle(await readState(tagger), table);
  const trainable = table.filter(({ parts }) => parts.every(({ path }) => firstGradients.has(path)));
  const gradients = stateToPaddle(firstGradients, trainable);
  tf.dispose([...state.values()]);
  tagger.dispose();
  return { losses, learningRates, gradients, trained };
}

/** The rows of padded sequences one after another, as the golden files have them: [sum of lengths, size]. */
async function rowsOf(padded: tf.Tensor, lengths: readonly number[]): Promise<ParameterValues> {
  const [, time, size = 1] = padded.shape as [number, number, number?];
  const data = await padded.data();
  const rows = lengths.flatMap((length, video) => [
    ...data.subarray(video * time * size, (video * time + length) * size),
  ]);
  return { shape: [rows.length / size, size], data: Float32Array.from(rows) };
}

function columnsOf({ shape, data }: ParameterValues, begin: number, end: number): ParameterValues {
  const [rows, size] = shape as [number, number];
  const kept = Array.from({ length: rows }, (_, row) => [...data.subarray(row * size + begin, row * size + end)]);
  return { shape: [rows, end - begin], data: Float32Array.from(kept.flat()) };
}
