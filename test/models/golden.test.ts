import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { loadState, readState } from "../../src/core/state.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { stateFromReference, stateToReference, taggerReferenceTable } from "../../src/models/reference-names.ts";
import { computeGradients } from "../../src/training/gradients.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { piecewiseDecay } from "../../src/training/schedules.ts";
import { describeOnBackends } from "../support/backends.ts";
import { type Arrays, array, GOLDEN_MODELS, goldenInput, readGoldenModel } from "../support/golden-models.ts";
import { expectClose, expectTensorClose, largest } from "../support/tensors.ts";

const WEIGHT_DECAY = 8e-4;

/** The reference's name of the one parameter that it does not decay, with ERNIE's 2 layers. */
const AUDIO_FORWARD_BIAS = { self: "fc_15.b_0", "text-guided": "fc_14.b_0" } as const;

/** Its names for the scores' biases in self-attention, likewise. */
const SELF_ATTENTION_BIASES = ["fc_14.b_0", "fc_17.b_0"];

/** The rows of padded sequences one after another, as the golden files have them: [sum of lengths, size]. */
async function rowsOf(
  padded: tf.Tensor,
  lengths: readonly number[],
  columns?: [number, number],
): Promise<Float32Array> {
  const [, time, size = 1] = padded.shape as [number, number, number?];
  const [begin, end] = columns ?? [0, size];
  const data = await padded.data();
  const rows: number[] = [];
  for (const [video, length] of lengths.entries()) {
    for (let step = 0; step < length; step++) {
      const row = (video * time + step) * size;
      rows.push(...data.subarray(row + begin, row + end));
    }
  }
  return Float32Array.from(rows);
}

async function trainSteps(name: string): Promise<{ losses: number[]; gradients: Arrays; trained: Arrays }> {
  const golden = readGoldenModel(name, 0);
  const tagger = new MultimodalTagger(golden.config, null);
  const table = taggerReferenceTable(tagger);
  loadState(tagger, stateFromReference(golden.initial, table));
  const { learning_rate, decay_gamma, decay_epochs, num_samples, batch_size } = golden.case.config;
  const schedule = piecewiseDecay({
    learningRate: learning_rate,
    gamma: decay_gamma,
    boundaries: decay_epochs.map((epoch) => (epoch * num_samples) / batch_size),
  });
  const optimizer = rmsProp({
    rho: 0.95,
    epsilon: 1e-6,
    weightDecay: (path) => (path === "audio.lstm.forwards.input.bias" ? 0 : WEIGHT_DECAY),
  });
  const parameters = tagger.trainableParameters();
  const state = optimizer.init(parameters);
  const losses: number[] = [];
  const firstGradients: Arrays = new Map();
  for (const step of golden.case.train_losses.keys()) {
    const { input, labels } = goldenInput(golden.batches, `batch${step % 2}.`);
    const { loss, gradients } = computeGradients(
      () => tagger.loss(tagger.forward(input, {}).logits, labels),
      parameters,
    );
    losses.push((await loss.data())[0] as number);
    if (step === 0) {
      for (const [path, gradient] of gradients) {
        firstGradients.set(path, { shape: gradient.shape, data: (await gradient.data()) as Float32Array });
      }
    }
    expect(schedule(step)).toBeCloseTo(golden.case.learning_rates[step] as number, 12);
    optimizer.update(parameters, gradients, state, schedule(step));
    tf.dispose([loss, labels, input, ...gradients.values()]);
  }
  const trained = stateToReference(await readState(tagger), table);
  const trainable = table.filter(({ parts }) => parts.every(({ path }) => firstGradients.has(path)));
  const gradients = stateToReference(firstGradients, trainable);
  tf.dispose([...state.values()]);
  tagger.dispose();
  return { losses, gradients, trained };
}

describeOnBackends("The golden models", () => {
  describe.each(GOLDEN_MODELS)("%s", (name) => {
    test("give every intermediate value, the loss and the probabilities", async () => {
      const golden = readGoldenModel(name);
      const before = tf.memory().numTensors;
      const tagger = new MultimodalTagger(golden.config, null);
      loadState(tagger, stateFromReference(golden.initial, taggerReferenceTable(tagger)));
      const { input, labels } = goldenInput(golden.forward, "in.");
      const expected = (output: string) => array(golden.forward, `out.${output}`);
      const { lens_i, lens_a, lstm_size_img, lstm_size_audio } = golden.case.config;

      const { text, image, audio } = tagger;
      if (!text || !image || !audio || !input.text || !("tokenIds" in input.text) || !input.image || !input.audio) {
        throw new Error("A golden model has all modalities.");
      }
      const encoded = text.encode(input.text);
      await expectTensorClose(encoded, expected("ernie_sequence"), 1e-4, "ernie_sequence");
      const cnn = text.cnn.forward({ values: encoded, mask: input.text.mask });
      await expectTensorClose(cnn, expected("text_cnn"), 1e-5, "text_cnn");
      tf.dispose([encoded, cnn]);

      for (const [modality, branch, lengths, units] of [
        ["image", image, lens_i, lstm_size_img],
        ["audio", audio, lens_a, lstm_size_audio],
      ] as const) {
        const { hidden, cell } = branch.lstm.states(input[modality] as never);
        const compare = async (output: string, tensor: tf.Tensor, columns: [number, number]) => {
          if (!golden.forward.has(`out.${output}`)) return;
          expectClose(await rowsOf(tensor, lengths, columns), expected(output).data, 1e-5, output);
        };
        await compare(`${modality}_lstm_forward`, hidden, [0, units]);
        await compare(`${modality}_lstm_backward`, hidden, [units, 2 * units]);
        await compare(`${modality}_cell_forward`, cell, [0, units]);
        await compare(`${modality}_cell_backward`, cell, [units, 2 * units]);
        tf.dispose([hidden, cell]);
      }

      const output = tagger.forward(input);
      const { features, attention } = output;
      await expectTensorClose(features.text as tf.Tensor, expected("text_feature"), 1e-5, "text_feature");
      await expectTensorClose(features.image as tf.Tensor, expected("image_pool"), 1e-5, "image_pool");
      await expectTensorClose(features.audio as tf.Tensor, expected("audio_pool"), 1e-5, "audio_pool");
      expectClose(
        await rowsOf(attention.image as tf.Tensor, lens_i),
        expected("image_attention").data,
        1e-5,
        "image_attention",
      );
      expectClose(
        await rowsOf(attention.audio as tf.Tensor, lens_a),
        expected("audio_attention").data,
        1e-5,
        "audio_attention",
      );
      if (golden.config.head === "sigmoid") await expectTensorClose(output.logits, expected("logits"), 1e-5, "logits");
      await expectTensorClose(output.probabilities, expected("probs"), 1e-5, "probs");
      const loss = tagger.loss(output.logits, labels);
      expectClose(await loss.data(), expected("loss").data, 1e-5, "loss", golden.case.loss_forward);
      expectClose(await loss.data(), [golden.case.loss_forward], 1e-5, "loss", golden.case.loss_forward);

      tf.dispose([loss, labels, input, output]);
      tagger.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    test("give every gradient, and every parameter after the training steps", async () => {
      const golden = readGoldenModel(name, 0);
      const before = tf.memory().numTensors;
      const { losses, gradients, trained } = await trainSteps(name);
      expect(tf.memory().numTensors).toBe(before);
      for (const [step, loss] of golden.case.train_losses.entries()) {
        expectClose([losses[step] as number], [loss], 1e-5, `loss of step ${step}`, loss);
      }
      if (golden.gradients) {
        expect([...gradients.keys()].sort()).toEqual([...golden.gradients.keys()].sort());
        for (const [parameter, { data }] of golden.gradients) {
          // The reference adds the decay to the gradient in place, so the golden ones hold it too.
          const decay = parameter === AUDIO_FORWARD_BIAS[golden.config.pooling] ? 0 : WEIGHT_DECAY;
          const values = array(golden.initial, parameter).data;
          const decayed = array(gradients, parameter).data.map(
            (gradient, index) => gradient + decay * (values[index] ?? 0),
          );
          // The bias of a key or of an attention score cancels in the softmax: its true gradient is 0, and what a golden
          // file holds beside the decay is rounding, up to 1.5e-4 of it. There the kernel's gradient gives the scale.
          const isScore =
            golden.config.pooling === "self"
              ? SELF_ATTENTION_BIASES.includes(parameter)
              : /softmax_fc\.b/.test(parameter);
          const cancels = isScore || /_key_fc\.b/.test(parameter);
          const scaling = cancels ? array(golden.gradients, parameter.replace(".b_", ".w_")).data : data;
          expectClose(decayed, data, 1e-4, `gradient of ${parameter}`, largest(scaling));
        }
      }
      for (const [parameter, { data }] of golden.initial) {
        const changed = golden.trained.get(parameter);
        expect(changed === undefined, parameter).toBe(golden.case.unchanged_parameters.includes(parameter));
        expectClose(array(trained, parameter).data, (changed ?? { data }).data, changed ? 1e-4 : 0, parameter);
      }
    });
  });
});
