import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { POOLINGS } from "../../src/layers/pooling/poolings.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { type MultimodalVideoTagSizes, multimodalVideoTagOf } from "../../src/models/presets.ts";
import {
  type EncoderTraining,
  type ModalityConfig,
  type MultimodalTaggerConfig,
  textsOf,
} from "../../src/models/tagger-config.ts";
import { workingMemory } from "../../src/models/working-memory.ts";
import type { LabelledVideo } from "../../src/tagging/batch-tagger.ts";
import { extentOf } from "../../src/tagging/video-cost.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { videoStep } from "../../src/training/video-step.ts";
import { describeOnBackends } from "../support/backends.ts";
import { peakOfHeap } from "../support/heap-meter.ts";
import { SMALL_SIZES } from "../support/small-tagger.ts";

/** Large enough for what is in proportion to rows to count, and what is not too. */
const SIZES: MultimodalVideoTagSizes = {
  image: { size: 256, units: 64 },
  audio: { size: 32, units: 48 },
  isTextGuided: false,
  numClasses: 20,
  head: "sigmoid",
  dropoutRate: 0.5,
};

const SEQUENCES = multimodalVideoTagOf(SIZES);
const IMAGE = multimodalVideoTagOf({ ...SIZES, audio: undefined });

function titled(training: EncoderTraining, isTextGuided = false): MultimodalTaggerConfig {
  const { text } = SMALL_SIZES;
  const encoder = { ...text.encoder, vocabularySize: 100, hiddenSize: 64, layers: 3, heads: 4, maxPositions: 80 };
  return multimodalVideoTagOf({
    ...SIZES,
    audio: undefined,
    isTextGuided,
    text: { ...text, encoder, training, filters: 32 },
  });
}

const TOKENS = 40;
const tokenizer = { idLimit: 100, encode: () => new Int32Array(TOKENS).fill(7) };

function taggerOf(config: MultimodalTaggerConfig): VideoTagger {
  const labels = Array.from({ length: config.numClasses }, (_, index) => `label ${index}`);
  const texts = Object.fromEntries(
    textsOf(config).map((name) => [name, { tokenizer, vocabulary: "", maxLength: TOKENS }]),
  );
  const model = new MultimodalTagger(config, new RandomStream(1));
  return new VideoTagger({ model, labels, texts, titleEncodingCapacity: 0 });
}

function videosOf(count: number, image: number, audio: number): LabelledVideo[] {
  const rows = (count: number, size: number) => ({ rows: count, size, data: new Float32Array(count * size).fill(0.5) });
  return Array.from({ length: count }, (_, index) => ({
    video: `video ${index}`,
    texts: { text: "a title", words: "a title" },
    classes: [0],
    rows: { image: rows(image, 256), audio: rows(audio, 32) },
  }));
}

/** A tagger of the image alone. */
function only(image: ModalityConfig): MultimodalTaggerConfig {
  return { ...IMAGE, modalities: { image } };
}

const CASES: readonly [string, MultimodalTaggerConfig, readonly [videos: number, image: number, audio: number]][] = [
  ["image", IMAGE, [4, 100, 1]],
  ["image, one long video", IMAGE, [1, 900, 1]],
  ["image and audio", SEQUENCES, [8, 60, 30]],
  ["more audio than image", SEQUENCES, [4, 10, 300]],
  ["image, guided by frozen titles", titled("frozen", true), [8, 100, 1]],
  ["image and titles of a frozen encoder with dropout", titled("frozen-with-dropout"), [8, 20, 1]],
  ["frames through attention alone", only({ input: { size: 256 }, pooling: { kind: "attention" } }), [8, 100, 1]],
  ["frames, their mean", only({ input: { size: 256 }, pooling: { kind: "mean" } }), [8, 100, 1]],
  ["frames, the highest of each", only({ input: { size: 256 }, pooling: { kind: "max" } }), [8, 100, 1]],
  ["image and titles of a fine-tuned encoder", titled("fine-tuned"), [8, 20, 1]],
];

describeOnBackends(
  "the model of working memory",
  (_, kernels) => {
    test.each(CASES)("is at least what is measured and at most 1.5 times that: %s", async (_name, config, extent) => {
      const tagger = taggerOf(config);
      const videos = videosOf(...extent);
      const train = async () => {
        const { gradients } = await videoStep(tagger).gradients(videos, { step: 0, random: new RandomStream(2) });
        tf.dispose([...gradients.values()]);
      };
      await tagger.tag(videos.slice(0, 1)); // packs the weights
      const measured = { prediction: await peakOfHeap(() => tagger.tag(videos)), training: await peakOfHeap(train) };
      const size = extentOf(config, videos, Object.fromEntries(textsOf(config).map((name) => [name, TOKENS])));
      for (const pass of ["prediction", "training"] as const) {
        const ratio = workingMemory(config, size, { pass, kernels, poolings: POOLINGS }) / measured[pass];
        expect.soft(ratio, `${pass}: predicted / measured`).toBeGreaterThanOrEqual(1);
        expect.soft(ratio, `${pass}: predicted / measured`).toBeLessThanOrEqual(1.5);
      }
      tagger.dispose();
    });
  },
  ["wasm"],
);
