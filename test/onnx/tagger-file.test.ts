import * as tf from "@tensorflow/tfjs-core";
import { PbfReader } from "pbf";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { type SequenceBatch, sequenceMask } from "../../src/core/sequence-batch.ts";
import { loadState } from "../../src/core/state.ts";
import type { TokenBatch } from "../../src/models/ernie-encoder.ts";
import { MultimodalTagger, type TaggerInput } from "../../src/models/multimodal-tagger.ts";
import { type MultimodalVideoTagSizes, multimodalVideoTagOf } from "../../src/models/presets.ts";
import { featureSizes, type MultimodalTaggerConfig, textsOf } from "../../src/models/tagger-config.ts";
import { exportTagger } from "../../src/onnx/tagger-file.ts";
import { stateFromPaddle, taggerPaddleTable } from "../../src/paddle/parameter-names.ts";
import type { Calibration } from "../../src/tagging/calibration.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { describeOnBackends } from "../support/backends.ts";
import { array, GOLDEN_MODELS, goldenInput, readGoldenModel } from "../support/golden-models.ts";
import { bytesOf, expectOutput, OnnxSession, type OnnxValues } from "../support/onnx-session.ts";
import { onnxVideos } from "../support/onnx-videos.ts";
import { SMALL_SIZES, smallConfig } from "../support/small-tagger.ts";
import { SMALL_VOCABULARY, smallVideos, smallVideoTagger } from "../support/small-video-tagger.ts";
import { expectClose, expectNoLeak, randomizeParameters, randomSequence } from "../support/tensors.ts";

/** Odd, unequal, and larger than SMALL_CONFIG: gates and filters that change places would show. */
const SIZES = {
  ...SMALL_SIZES,
  image: { size: 13, units: 5 },
  audio: { size: 7, units: 3 },
  text: {
    ...SMALL_SIZES.text,
    encoder: { ...SMALL_SIZES.text.encoder, hiddenSize: 12, heads: 3, layers: 2, maxPositions: 21 },
    filters: 6,
    windows: [1, 2, 5],
  },
} as const satisfies MultimodalVideoTagSizes;

const CONFIG = multimodalVideoTagOf(SIZES);
const { text } = SIZES;
const gelu = { ...text, encoder: { ...text.encoder, activation: "gelu", taskTypes: 3, pooler: true } } as const;
const [noImage, noAudio, noText] = [{ image: undefined }, { audio: undefined }, { text: undefined }];
const self = { isTextGuided: false };
const of = (changes: Partial<MultimodalVideoTagSizes>) => multimodalVideoTagOf({ ...SIZES, ...changes });
const CONFIGS: readonly (readonly [string, MultimodalTaggerConfig])[] = [
  ["image", of({ ...self, ...noAudio, ...noText })],
  ["audio", of({ ...self, ...noImage, ...noText, dropoutScaling: "training" })],
  ["text", of({ ...self, ...noImage, ...noAudio })],
  ["image and audio, softmax", of({ ...self, ...noText, head: "softmax" })],
  ["image and text, guided", of(noAudio)],
  ["audio and text, guided, with GELU and a task embedding", of({ ...noImage, text: gelu })],
  ["all, with self-attention", of(self)],
  ["all, guided", CONFIG],
  ["all, guided, softmax, the usual dropout", of({ head: "softmax", dropoutScaling: "training" })],
  ["all, guided, without dropout", of({ dropoutRate: 0 })],
];

/** Rows of image, of audio, and tokens of each video; 0 for one that lacks it. */
type Lengths = readonly (readonly [image: number, audio: number, tokens: number])[];

const BATCHES: readonly Lengths[] = [
  [[1, 1, 1]],
  [
    [17, 2, 5],
    [4, 9, 21],
    [9, 1, 2],
  ],
  [
    [0, 3, 4],
    [6, 0, 7],
    [2, 5, 0],
    [0, 0, 0],
    [11, 8, 3],
  ],
];

function taggerOf(config: MultimodalTaggerConfig, calibration?: Calibration): VideoTagger {
  const model = new MultimodalTagger(config, new RandomStream(1));
  randomizeParameters(model.parameters().values(), new RandomStream(2), 0.3);
  const tokenizer = { encode: () => new Int32Array(0), idLimit: 7 };
  const text = { tokenizer, vocabulary: SMALL_VOCABULARY, maxLength: 8 };
  const texts = Object.fromEntries(textsOf(config).map((name) => [name, text]));
  return new VideoTagger({ model, labels: ["a", "b", "c", "d", "e"], texts, calibration });
}

/** The same random videos as both engines take them, with noise in the padding. */
async function videosOf(
  config: MultimodalTaggerConfig,
  lengths: Lengths,
  seed: number,
): Promise<[TaggerInput, OnnxValues]> {
  const random = new RandomStream(seed);
  const sequences: Record<string, SequenceBatch | TokenBatch> = {};
  const values: Record<string, OnnxValues[string]> = {};
  for (const [index, modality] of (["image", "audio"] as const).entries()) {
    const size = featureSizes(config)[modality];
    if (size === undefined) continue;
    const rows = lengths.map((each) => each[index] as number);
    const sequence = randomSequence(rows, size, random, Math.max(1, ...rows));
    sequences[modality] = sequence;
    values[modality] = { shape: sequence.values.shape, data: await sequence.values.data() };
    values[`${modality}_length`] = { shape: [lengths.length], data: rows };
  }
  if (config.modalities["text"]) {
    const tokens = lengths.map(([, , each]) => each);
    const shape: [number, number] = [lengths.length, Math.max(1, ...tokens)];
    const ids = Int32Array.from({ length: shape[0] * shape[1] }, () => random.nextInteger(11));
    sequences["text"] = { tokenIds: tf.tensor2d(ids, shape, "int32"), mask: sequenceMask(tokens, shape[1]) };
    values["text"] = { shape, data: ids };
    values["text_length"] = { shape: [lengths.length], data: tokens };
  }
  return [{ sequences }, values];
}

const valuesOf = async (tensor: tf.Tensor) => ({ shape: tensor.shape, data: await tensor.data() });

const CALIBRATIONS: readonly (readonly [Calibration, MultimodalTaggerConfig["head"]])[] = [
  [{ kind: "temperature", temperature: 1.7 }, "sigmoid"],
  [{ kind: "temperature", temperature: 0.6 }, "softmax"],
  [{ kind: "platt", scalings: [2, -1, 0.5, 0, 3].map((slope) => ({ slope, intercept: slope - 1 })) }, "sigmoid"],
  [{ kind: "platt", scalings: [1, 2, 3, 4, 5].map((slope) => ({ slope, intercept: 1 / slope })) }, "softmax"],
];

describeOnBackends("An exported tagger", () => {
  test.each(CONFIGS)("gives in onnxruntime what ours gives: %s", async (_, config) => {
    const tagger = taggerOf(config);
    const session = await OnnxSession.open(exportTagger(tagger));
    for (const [seed, lengths] of BATCHES.entries()) {
      const [input, values] = await videosOf(config, lengths, seed);
      const expected = tagger.model.forward(input);
      const outputs = await session.run(values);
      const { attention } = expected;
      const names = Object.keys(attention).map((modality) => `${modality}_attention`);
      expect(Object.keys(outputs).sort()).toEqual(["logits", "scores", ...names].sort());
      expectOutput(outputs, "logits", await valuesOf(expected.logits), 1e-5);
      expectOutput(outputs, "scores", await valuesOf(expected.probabilities), 1e-5);
      for (const [modality, weights] of Object.entries(attention)) {
        expectOutput(outputs, `${modality}_attention`, await valuesOf(weights), 1e-5);
      }
      tf.dispose([input, expected]);
    }
    await session.release();
    tagger.dispose();
  });
  test.each(CALIBRATIONS)("gives calibrated scores: %j, %s", async (calibration, head) => {
    const plain = await smallVideoTagger(5, smallConfig({ head, masksAbsent: true }));
    const tagger = new VideoTagger({ ...plain.config, calibration });
    const videos = smallVideos();
    const session = await OnnxSession.open(exportTagger(tagger));
    const { scores } = await session.run(onnxVideos(tagger, videos));
    const expected = (await tagger.tag(videos)).flatMap((tagged) => [...tagged.scores]);
    expectClose(scores?.data ?? [], expected, 1e-5, "scores");
    await session.release();
    tagger.dispose();
  });

  test("says which operators it needs, and all that stands between the model and videos", async () => {
    const tagger = await smallVideoTagger(3);
    const found = new Map<string, string>();
    const bytes = await bytesOf(exportTagger(tagger));
    new PbfReader(bytes).readFields((field, _, file) => {
      if (field === 1) found.set("IR version", `${file.readVarint()}`);
      if (field === 8)
        file.readMessage((part, __, opset) => part === 2 && found.set("opset", `${opset.readVarint()}`), {});
      if (field !== 14) return;
      const entry: string[] = [];
      file.readMessage((part, __, property) => {
        entry[part] = property.readString();
      }, {});
      found.set(entry[1] as string, entry[2] as string);
    }, {});
    expect(Object.fromEntries(found)).toEqual({
      "IR version": "8",
      opset: "17",
      labels: JSON.stringify(tagger.labels),
      threshold: "0.25",
      model: JSON.stringify(tagger.model.config),
      text_max_length: "8",
      text_vocabulary: SMALL_VOCABULARY,
    });
    tagger.dispose();
  });

  test("leaves no tensor behind, also when its reader stops early", async () => {
    const tagger = taggerOf(CONFIG);
    await expectNoLeak(async () => {
      let pieces = 0;
      for await (const _ of exportTagger(tagger)) if (++pieces === 30) break;
      for await (const _ of exportTagger(tagger));
    });
    tagger.dispose();
  });
}, ["wasm"]);

describeOnBackends("An exported golden model", () => {
  test.each(GOLDEN_MODELS)("gives the reference's attention, logits and probabilities: %s", async (name) => {
    const golden = readGoldenModel(name);
    const model = new MultimodalTagger(golden.config, null);
    loadState(model, stateFromPaddle(golden.initial, taggerPaddleTable(model)));
    const labels = Array.from({ length: golden.config.numClasses }, (_, index) => `${index}`);
    const tokenizer = { encode: () => new Int32Array(0), idLimit: 1 };
    const tagger = new VideoTagger({ model, labels, texts: { text: { tokenizer, vocabulary: "", maxLength: 2 } } });
    const { input, labels: truths } = goldenInput(golden.forward, "in.");
    const { lens_i, lens_a, lens_t } = golden.case.config;
    const { text, image, audio } = input.sequences as Record<"image" | "audio", SequenceBatch> &
      Record<"text", TokenBatch>;
    const session = await OnnxSession.open(exportTagger(tagger));
    const lengths = (values: readonly number[]) => ({ shape: [values.length], data: values });
    const outputs = await session.run({
      text: await valuesOf(text.tokenIds),
      text_length: lengths(lens_t),
      image: await valuesOf(image.values),
      image_length: lengths(lens_i),
      audio: await valuesOf(audio.values),
      audio_length: lengths(lens_a),
    });
    const expected = (output: string) => array(golden.forward, `out.${output}`);
    if (golden.config.head === "sigmoid") expectOutput(outputs, "logits", expected("logits"), 1e-5);
    expectOutput(outputs, "scores", expected("probs"), 1e-5);
    for (const [modality, own] of [
      ["image", lens_i],
      ["audio", lens_a],
    ] as const) {
      const { shape, data } = outputs[`${modality}_attention`] as OnnxValues[string];
      const kept = own.flatMap((length, video) =>
        Array.from({ length }, (_, row) => data[video * (shape[1] as number) + row] as number),
      );
      expectClose(kept, expected(`${modality}_attention`).data, 1e-5, `${modality}_attention`);
    }
    tf.dispose([input, truths]);
    await session.release();
    tagger.dispose();
  });
});
