import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { FULL_PLAN } from "../../ablation/plan.ts";
import { drawVideos, plantedData } from "../../ablation/planted-data.ts";
import { collateTitles } from "../../src/data/collate.ts";
import { plantedEncoder, plantedVocabulary } from "../../src/planted/planted-encoder.ts";
import { plantedWords } from "../../src/planted/planted-world.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose } from "../support/tensors.ts";

const { world: setting } = FULL_PLAN.setting;
const PARTS = { train: 24, valid: 12 };

test("the full setting is the recipe's: 29 words, 2 to 5 fillers, sequences of its lengths", () => {
  expect(new Set(plantedWords(setting)).size).toBe(9 + 20);
  const { train } = drawVideos(1, setting, { train: 3000, valid: 0 });
  const titled = train.filter(({ title }) => title !== "");
  const fillers = titled.map(({ title }) => title.split(" ").filter((word) => setting.fillers.includes(word)).length);
  expect([...new Set(fillers)].sort()).toEqual([2, 3, 4, 5]);
  for (const [index, { title, classes }] of titled.entries()) {
    expect(title.split(" ")).toHaveLength((fillers[index] as number) + 2 * classes.length);
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(mean(train.map(({ image }) => image.rows)) - 12.9)).toBeLessThan(0.15);
  // The recipe counts silence as its ten rows of zeros.
  expect(Math.abs(mean(train.map(({ audio }) => audio.rows || 10)) - 7.5)).toBeLessThan(0.1);
  expect(Math.max(...train.map(({ image }) => image.rows))).toBeLessThanOrEqual(22);
});

test("no world of the plan helped to design the dataset", () => {
  for (const { world } of FULL_PLAN.stages) expect([1, 11, 12, 13, 21, 22]).not.toContain(world);
});

describeOnBackends("planted data", () => {
  test("brings each title through the world's encoder, and leaves no tensor", async () => {
    const before = tf.memory().numTensors;
    const { train, valid, encoder: config } = await plantedData(3, setting, PARTS);
    expect(tf.memory().numTensors).toBe(before);
    expect([train.length, valid.length]).toEqual([24, 12]);
    const vocabulary = plantedVocabulary(setting);
    const encoder = await plantedEncoder(3, setting);
    expect(encoder.config).toEqual(config);
    // All at once here, one after the other there: padding must not matter.
    const ids = valid.map(({ title }) =>
      Int32Array.from(["[CLS]", ...title.split(" ").filter(Boolean), "[SEP]"], (word) => vocabulary.indexOf(word)),
    );
    const encoded = encoder.forward(collateTitles(ids));
    const rows = (await encoded.array()) as number[][][];
    for (const [index, { encodedTitle }] of valid.entries()) {
      const own = rows[index]?.slice(0, ids[index]?.length) as number[][];
      expect([encodedTitle.rows, encodedTitle.size]).toEqual([own.length, 32]);
      expectClose(encodedTitle.data, own.flat(), 2e-6);
    }
    encoder.dispose();
  });

  test("another world has other words and other videos", async () => {
    const [one, other] = [await plantedData(3, setting, PARTS), await plantedData(4, setting, PARTS)];
    const first = one.train.find(({ title }) => title !== "");
    const second = other.train.find(({ title }) => title !== "");
    expect(first?.encodedTitle.data.slice(0, 32)).not.toEqual(second?.encodedTitle.data.slice(0, 32));
    expect(one.train.map(({ title }) => title)).not.toEqual(one.valid.map(({ title }) => title));
  });
}, ["cpu"]);
