import { beforeAll, describe, expect, test } from "vitest";
import type { Module } from "../../src/core/module.ts";
import { POOLINGS } from "../../src/layers/pooling/poolings.ts";
import { type ErnieConfig, ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { countErnieParameters, countTaggerParameters } from "../../src/models/parameter-count.ts";
import {
  ernieBase,
  type MultimodalVideoTagSizes,
  multimodalVideoTag,
  multimodalVideoTagOf,
} from "../../src/models/presets.ts";
import { useBackend } from "../../src/node/backend.ts";
import { GOLDEN_MODELS, readGoldenModel } from "../support/golden-models.ts";

/** The values that a module really has. */
function countValues(module: Module): number {
  let count = 0;
  for (const { size } of module.parameters().values()) count += size;
  module.dispose();
  return count;
}

beforeAll(() => useBackend("cpu"));

describe("parameters are counted without a model", () => {
  test.each(GOLDEN_MODELS)("of the golden %s", (name) => {
    const { config } = readGoldenModel(name);
    expect(countTaggerParameters(config, POOLINGS)).toBe(countValues(new MultimodalTagger(config, null)));
  });

  const encoder: ErnieConfig = {
    ...ernieBase(),
    vocabularySize: 11,
    hiddenSize: 6,
    layers: 3,
    heads: 2,
    maxPositions: 7,
    sentenceTypes: 4,
  };
  const head = { numClasses: 5, head: "sigmoid", dropoutRate: 0, dropoutScaling: "training" } as const;
  const text = { encoder, training: "frozen", filters: 3, windows: [2, 5] } as const;
  const image = { size: 13, units: 4 };
  const audio = { size: 8, units: 7 };
  const configs: readonly (readonly [string, MultimodalVideoTagSizes])[] = [
    ["image alone", { ...head, isTextGuided: false, image }],
    ["audio alone", { ...head, isTextGuided: false, audio }],
    ["text alone", { ...head, isTextGuided: false, text }],
    ["guided image", { ...head, isTextGuided: true, image, text }],
    ["guided image and audio", { ...head, isTextGuided: true, image, audio, text }],
    ["image and audio", { ...head, isTextGuided: false, image, audio }],
  ];
  test.each(configs)("of %s", (_, sizes) => {
    const config = multimodalVideoTagOf(sizes);
    expect(countTaggerParameters(config, POOLINGS)).toBe(countValues(new MultimodalTagger(config, null)));
  });

  test("of an encoder with a task embedding and a pooler", () => {
    const config = { ...encoder, taskTypes: 3, pooler: true };
    expect(countErnieParameters(config)).toBe(countValues(new ErnieEncoder(config, null)));
    expect(countErnieParameters(config) - countErnieParameters(encoder)).toBe(3 * 6 + 6 * 6 + 6);
  });

  test("of the published sizes", () => {
    // Embeddings and their norm; a block has 4 * 768^2 of attention, 8 * 768^2 of feed-forward, 13 vectors beside them.
    const ernie = (18_000 + 513 + 2 + 2) * 768 + 12 * (12 * 768 * 768 + 13 * 768);
    expect(countErnieParameters(ernieBase())).toBe(ernie);
    const textCnn = (2 + 3 + 4) * 768 * 256 + 3 * 256;
    const imageLstm = 2 * (2048 * 2048 + 512 * 2048 + 7 * 512) + 2048;
    const imageAttention = (1024 + 768) * 1024 + 1024 + 1025;
    const audioLstm = 2 * (128 * 512 + 128 * 512 + 7 * 128) + 512;
    const audioAttention = (256 + 768) * 256 + 256 + 257;
    const head = 2048 * 110 + 110;
    expect(countTaggerParameters(multimodalVideoTag({ numClasses: 110 }), POOLINGS)).toBe(
      ernie + textCnn + imageLstm + imageAttention + audioLstm + audioAttention + head,
    );
  });
});
