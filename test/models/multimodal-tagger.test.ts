import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { readState } from "../../src/core/state.ts";
import { POOLINGS } from "../../src/layers/pooling/poolings.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { countTaggerParameters } from "../../src/models/parameter-count.ts";
import { multimodalVideoTag } from "../../src/models/presets.ts";
import type { MultimodalTaggerConfig } from "../../src/models/tagger-config.ts";
import { sigmoidCrossEntropy } from "../../src/ops/sigmoid-cross-entropy.ts";
import { softmaxCrossEntropy } from "../../src/ops/softmax-cross-entropy.ts";
import { computeGradients } from "../../src/training/gradients.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_CONFIG, SMALL_SIZES, smallConfig, smallInput, smallTagger, videoOf } from "../support/small-tagger.ts";
import { expectClose, expectNoLeak } from "../support/tensors.ts";

const LENGTHS = [
  [4, 1, 3],
  [1, 3, 6],
  [2, 2, 2],
] as const;

const without = (...names: ("image" | "audio" | "text")[]) =>
  Object.fromEntries(names.map((name) => [name, undefined]));
const self = { isTextGuided: false };
const SUBSETS: readonly (readonly [string, MultimodalTaggerConfig])[] = [
  ["image", smallConfig({ ...self, ...without("audio", "text") })],
  ["audio", smallConfig({ ...self, ...without("image", "text") })],
  ["text", smallConfig({ ...self, ...without("image", "audio") })],
  ["image and audio", smallConfig({ ...self, ...without("text") })],
  ["image and text, guided", smallConfig(without("audio"))],
  ["audio and text, guided", smallConfig(without("image"))],
  ["all, with self-attention", smallConfig(self)],
  ["all, guided", SMALL_CONFIG],
  [
    "all, with a softmax head and a fine-tuned encoder",
    smallConfig({ head: "softmax", text: { ...SMALL_SIZES.text, training: "fine-tuned" } }),
  ],
];

describeOnBackends("MultimodalTagger", (backend) => {
  // WebGPU, in software as a rule, is given the two that run every operation.
  const subsets = backend === "webgpu" ? SUBSETS.slice(-2) : SUBSETS;
  describe.each(subsets)("of %s", (_, config) => {
    test("tags each video as it tags it alone, without a leak", async () => {
      const tagger = smallTagger(config);
      const input = smallInput(LENGTHS);
      const together = tagger.forward(input);
      expect(Object.keys(together.features).sort()).toEqual([...tagger.modalities].sort());
      const probabilities = await together.probabilities.data();
      for (const [index, lengths] of LENGTHS.entries()) {
        const alone = tf.tidy(() => tagger.forward(videoOf(input, index, lengths)));
        const got = probabilities.slice(index * 5, index * 5 + 5);
        expectClose(got, await alone.probabilities.data(), 1e-6, `video ${index}`);
        if (config.head === "softmax") expect([...got].reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
        tf.dispose(alone);
      }
      await expectNoLeak(() => tf.dispose(tagger.forward(input)));
      tf.dispose([together, input]);
      tagger.dispose();
    });

    test("has a gradient for each trainable parameter and no other", async () => {
      const tagger = smallTagger(config);
      const input = smallInput(LENGTHS);
      const labels = tf.oneHot(tf.tensor1d([0, 3, 4], "int32"), 5) as tf.Tensor2D;
      const options = () => ({ training: true, random: new RandomStream(3) }) as const;
      const trainable = tagger.trainableParameters();
      const hasEncoder = [...trainable.keys()].some((path) => path.startsWith("towers.text.encoder."));
      const ofText = config.modalities["text"]?.input;
      expect(hasEncoder).toBe(ofText !== undefined && "encoder" in ofText && ofText.training === "fine-tuned");
      const step = () =>
        computeGradients(
          () => tagger.loss(tagger.forward(input, options()).logits, tf.cast(labels, "float32")),
          trainable,
        );
      const { loss, gradients } = step();
      expect([...gradients.keys()]).toEqual([...trainable.keys()]);
      tf.dispose([loss, ...gradients.values()]);
      await expectNoLeak(() => {
        const again = step();
        tf.dispose([again.loss, ...again.gradients.values()]);
      });
      tf.dispose([input, labels]);
      tagger.dispose();
    });
  });

  test("draws dropout from the stream it is given: the same twice, another for another seed, none at inference", async () => {
    const tagger = smallTagger();
    const input = smallInput(LENGTHS);
    const run = async (seed?: number): Promise<number[]> => {
      const output = tagger.forward(
        input,
        seed === undefined ? {} : { training: true, random: new RandomStream(seed) },
      );
      const values = [...(await output.logits.data())];
      tf.dispose(output);
      return values;
    };
    expect(await run(4)).toEqual(await run(4));
    expect(await run(4)).not.toEqual(await run(5));
    expect(await run()).toEqual(await run());
  });

  test("frees everything when a call fails, in training too", async () => {
    const tagger = smallTagger();
    const input = smallInput(LENGTHS);
    const labels = tf.zeros([3, 5]) as tf.Tensor2D;
    const audio = { values: tf.ones([3, 2, 7]) as tf.Tensor3D, mask: tf.ones([3, 2]) as tf.Tensor2D };
    const wrong = { sequences: { ...input.sequences, audio } };
    const message = "BidirectionalLstm: values must have shape [batch, time, 2]. Got [3, 2, 7].";
    await expectNoLeak(() => expect(() => tagger.forward(wrong)).toThrow(message));
    await expectNoLeak(() =>
      expect(() =>
        computeGradients(() => tagger.loss(tagger.forward(wrong).logits, labels), tagger.trainableParameters()),
      ).toThrow(message),
    );
  });

  test("says what is missing or does not fit", () => {
    const tagger = smallTagger();
    const input = smallInput(LENGTHS);
    const { audio: _, ...others } = input.sequences;
    expect(() => tagger.forward({ sequences: others })).toThrow("MultimodalTagger: the input has no audio.");
    const { audio } = smallInput([
      [1, 2, 2],
      [1, 1, 2],
    ]).sequences;
    expect(() => tagger.forward({ sequences: { ...input.sequences, ...(audio && { audio }) } })).toThrow(
      "MultimodalTagger: audio mask must have shape [3, time]. Got [2, 2].",
    );
    expect(() => tagger.loss(tf.zeros([3, 5]), tf.zeros([3, 4]))).toThrow(
      "Loss: labels must have shape [3, 5]. Got [3, 4].",
    );
    expect(() => new MultimodalTagger({ ...SMALL_CONFIG, modalities: {} }, null)).toThrow(
      "MultimodalTagger: modalities: expected at least one modality. Got none.",
    );
  });

  test("its loss is the one of its head, and takes weights", async () => {
    const logits = tf.tensor2d([1, -2, 0.5, 0.3, -1], [1, 5]);
    const labels = tf.tensor2d([0, 0.5, 0, 0.5, 0], [1, 5]);
    const weights = tf.tensor2d([1, 0, 2, 3, 0.5], [1, 5]);
    for (const [head, lossOf] of Object.entries({ sigmoid: sigmoidCrossEntropy, softmax: softmaxCrossEntropy })) {
      const tagger = smallTagger({ ...SMALL_CONFIG, head: head as "sigmoid" | "softmax" });
      const numberOf = (loss: tf.Scalar) => loss.array() as Promise<number>;
      const [plain, weighted] = [
        await numberOf(lossOf(logits, labels)),
        await numberOf(lossOf(logits, labels, weights)),
      ];
      expect(await numberOf(tagger.loss(logits, labels))).toBeCloseTo(plain, 5);
      expect(await numberOf(tagger.loss(logits, labels, weights))).toBeCloseTo(weighted, 5);
      expect(Math.abs(weighted - plain)).toBeGreaterThan(0.1);
      tagger.dispose();
    }
  });

  test("starts from zeros without a stream, and from the same values with the same seed", async () => {
    if (backend !== "cpu") return;
    const zeros = await readState(smallTagger(SMALL_CONFIG));
    expect(await readState(smallTagger(SMALL_CONFIG, 1))).toEqual(zeros);
    const empty = await readState(new MultimodalTagger(SMALL_CONFIG, null));
    const kernels = [...empty].filter(([path]) => !path.endsWith("scale"));
    expect(kernels.every(([, { data }]) => data.every((value) => value === 0))).toBe(true);
  });
});

test.each(SUBSETS)("the number of parameters of %s is known without making them", (_, config) => {
  const tagger = smallTagger(config);
  const count = [...tagger.parameters().values()].reduce((sum, { size }) => sum + size, 0);
  expect(countTaggerParameters(config, POOLINGS)).toBe(count);
});

test("the preset has the published sizes", () => {
  const config = multimodalVideoTag({ numClasses: 110 });
  // ERNIE 1.0: 13.8 + 0.4 million in embeddings, 7,087,872 in each of 12 blocks.
  const ernie = (18_000 + 513 + 2) * 768 + 2 * 768 + 12 * 7_087_872;
  const cnn = (2 + 3 + 4) * 768 * 256 + 3 * 256;
  const imageLstm = 2 * (2048 * 2048 + 512 * 2048 + 7 * 512) + 2048;
  const audioLstm = 2 * (128 * 512 + 128 * 512 + 7 * 128) + 512;
  const imagePooling = (1024 + 768) * 1024 + 1024 + 1025;
  const audioPooling = (256 + 768) * 256 + 256 + 257;
  const head = 2048 * 110 + 110;
  expect(countTaggerParameters(config, POOLINGS)).toBe(
    ernie + cnn + imageLstm + audioLstm + imagePooling + audioPooling + head,
  );
});
