import { expect, test } from "vitest";
import { encoderLearningRateScale } from "../../src/training/encoder-learning-rate.ts";
import { BIASES_AND_NORMS, weightDecayExcept } from "../../src/training/weight-decay.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_SIZES, smallConfig, smallTagger } from "../support/small-tagger.ts";

const DEEP_CONFIG = smallConfig({
  text: {
    ...SMALL_SIZES.text,
    encoder: { ...SMALL_SIZES.text.encoder, layers: 11, taskTypes: 3, pooler: true },
    training: "fine-tuned",
  },
});

describeOnBackends("Rates by parameter path", () => {
  test("biases and the scales of layer norms are not decayed, all other parameters are", () => {
    const tagger = smallTagger(DEEP_CONFIG);
    const weightDecay = weightDecayExcept(0.01, BIASES_AND_NORMS);
    const paths = [...tagger.parameters().keys()];
    const undecayed = paths.filter((path) => weightDecay(path) === 0);
    const names = (of: readonly string[]) => [...new Set(of.map((path) => path.split(".").at(-1)))].sort();
    expect(names(undecayed)).toEqual(["bias", "scale"]);
    expect(undecayed.filter((path) => path.endsWith("scale")).length).toBe(1 + 2 * 11);
    const decayed = paths.filter((path) => !undecayed.includes(path));
    expect(names(decayed)).toEqual(["kernel", "peephole", "recurrentKernel", "table"]);
    expect(new Set(decayed.map(weightDecay))).toEqual(new Set([0.01]));
    tagger.dispose();
  });

  test("an encoder's rates fall from layer to layer below, and the rest keeps its own", () => {
    const tagger = smallTagger(DEEP_CONFIG);
    const scale = encoderLearningRateScale(tagger, { encoderScale: 0.1, layerDecay: 0.5 });
    const expected = (path: string): number => {
      const [, modality, field, part, index] = path.split(".");
      if (modality !== "text" || field !== "encoder") return 1;
      if (part === "pooler") return 0.1;
      return part === "blocks" ? 0.1 * 0.5 ** (10 - Number(index)) : 0.1 * 0.5 ** 11;
    };
    for (const path of tagger.parameters().keys()) expect(scale(path), path).toBe(expected(path));
    expect(scale("towers.text.encoder.blocks.10.inner.kernel")).toBe(0.1);
    expect(scale("towers.text.encoder.blocks.1.inner.kernel")).toBe(0.1 * 0.5 ** 9);
    expect(scale("towers.text.encoder.taskEmbedding.table")).toBe(0.1 * 0.5 ** 11);
    expect(scale("towers.text.pooling.convolutions.0.kernel")).toBe(1);
    expect(new Set([...tagger.parameters().keys()].map(encoderLearningRateScale(tagger, {})))).toEqual(new Set([1]));
    tagger.dispose();
  });

  test("a model without a title has no encoder", () => {
    const tagger = smallTagger(smallConfig({ text: undefined, isTextGuided: false }));
    expect(() => encoderLearningRateScale(tagger, {})).toThrow(
      "encoderLearningRateScale: the model has no text encoder.",
    );
    tagger.dispose();
  });
}, ["cpu"]);

test("patterns hold for every path, also those that remember where they stopped", () => {
  const weightDecay = weightDecayExcept(0.01, [/(^|\.)bias$/g, /^audio\./y]);
  for (let repeat = 0; repeat < 2; repeat++) {
    expect(["bias", "a.bias", "audio.kernel", "my.audio.kernel", "a.biases", "unbias"].map(weightDecay)).toEqual([
      0, 0, 0, 0.01, 0.01, 0.01,
    ]);
  }
});
