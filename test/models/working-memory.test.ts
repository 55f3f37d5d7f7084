import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { MultimodalTagger, type MultimodalTaggerConfig } from "../../src/models/multimodal-tagger.ts";
import type { EncoderTraining } from "../../src/models/text-branch.ts";
import { workingMemory } from "../../src/models/working-memory.ts";
import type { LabelledVideo } from "../../src/tagging/batch-tagger.ts";
import { extentOf } from "../../src/tagging/video-cost.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { videoStep } from "../../src/training/video-step.ts";
import { describeOnBackends } from "../support/backends.ts";
import { peakOfHeap } from "../support/heap-meter.ts";
import { SMALL_CONFIG } from "../support/small-tagger.ts";

/** Large enough for what is in proportion to rows to count, and what is not too. */
const SEQUENCES: MultimodalTaggerConfig = {
  image: { featureSize: 256, units: 64 },
  audio: { featureSize: 32, units: 48 },
  pooling: "self",
  numClasses: 20,
  head: "sigmoid",
  dropoutRate: 0.5,
  dropoutScaling: "inference",
};

const { audio: _audio, ...IMAGE } = SEQUENCES;

function titled(encoderTraining: EncoderTraining, pooling: "self" | "text-guided" = "self"): MultimodalTaggerConfig {
  const { text } = SMALL_CONFIG;
  const encoder = { ...text.encoder, vocabularySize: 100, hiddenSize: 64, layers: 3, heads: 4, maxPositions: 80 };
  return { ...IMAGE, pooling, text: { ...text, encoder, encoderTraining, filters: 32 } };
}

const TOKENS = 40;
const tokenizer = { idLimit: 100, encode: () => new Int32Array(TOKENS).fill(7) };

function taggerOf(config: MultimodalTaggerConfig): VideoTagger {
  const labels = Array.from({ length: config.numClasses }, (_, index) => `label ${index}`);
  const text = config.text && { tokenizer, vocabulary: "", maxLength: TOKENS };
  const model = new MultimodalTagger(config, new RandomStream(1));
  return new VideoTagger({ model, labels, text, titleEncodingCapacity: 0 });
}

function videosOf(count: number, image: number, audio: number): LabelledVideo[] {
  const rows = (count: number, size: number) => ({ rows: count, size, data: new Float32Array(count * size).fill(0.5) });
  return Array.from({ length: count }, (_, index) => ({
    video: `video ${index}`,
    title: "a title",
    classes: [0],
    image: rows(image, 256),
    audio: rows(audio, 32),
  }));
}

const CASES: readonly [string, MultimodalTaggerConfig, readonly [videos: number, image: number, audio: number]][] = [
  ["image", IMAGE, [4, 100, 1]],
  ["image, one long video", IMAGE, [1, 900, 1]],
  ["image and audio", SEQUENCES, [8, 60, 30]],
  ["more audio than image", SEQUENCES, [4, 10, 300]],
  ["image, guided by frozen titles", titled("frozen", "text-guided"), [8, 100, 1]],
  ["image and titles of a frozen encoder with dropout", titled("frozen-with-dropout"), [8, 20, 1]],
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
      const size = extentOf(videos, config.text ? TOKENS : 0);
      for (const pass of ["prediction", "training"] as const) {
        const ratio = workingMemory(config, size, { pass, kernels }) / measured[pass];
        expect.soft(ratio, `${pass}: predicted / measured`).toBeGreaterThanOrEqual(1);
        expect.soft(ratio, `${pass}: predicted / measured`).toBeLessThanOrEqual(1.5);
      }
      tagger.dispose();
    });
  },
  ["wasm"],
);
