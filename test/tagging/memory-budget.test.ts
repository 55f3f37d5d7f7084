import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { sampleRows } from "../../src/core/row-sampling.ts";
import { POOLINGS } from "../../src/layers/pooling/poolings.ts";
import type { LabelledVideo } from "../../src/tagging/batch-tagger.ts";
import { mostRows, splitByMemory } from "../../src/tagging/memory-budget.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { videoStep } from "../../src/training/video-step.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_CONFIG, smallConfig } from "../support/small-tagger.ts";
import { smallVideoTagger } from "../support/small-video-tagger.ts";

const NO_DROPOUT = smallConfig({ dropoutRate: 0 });
const MASKED = smallConfig({ masksAbsent: true });

/** Videos with these numbers of rows of image and audio. */
function videosOf(rows: readonly (readonly [image: number, audio: number])[]): LabelledVideo[] {
  const random = new RandomStream(5);
  const sequence = (count: number, size: number) => ({
    rows: count,
    size,
    data: Float32Array.from({ length: count * size }, () => random.nextNormal()),
  });
  return rows.map(([image, audio], index) => ({
    video: `video ${index}`,
    texts: { text: index % 3 === 0 ? "" : "猫 dog" },
    classes: [index % 5],
    rows: { image: sequence(image, 3), audio: sequence(audio, 2) },
  }));
}

const VIDEOS = videosOf([
  [3, 2],
  [170, 7],
  [4, 0],
  [5, 320],
  [2, 2],
]);

/** The same model with so many bytes for a batch. */
function withBudget({ config }: VideoTagger, memoryBudget: number): VideoTagger {
  return new VideoTagger({ ...config, memoryBudget });
}

/** A budget in which two of the short videos fit together, and no long one. */
const TIGHT = 2 ** 15;

test("a batch that fits stays as it is; others go by length, as many as fit", () => {
  const limit = {
    config: SMALL_CONFIG,
    budget: 2 ** 29,
    tokens: { text: 8 },
    poolings: POOLINGS,
    pass: "prediction",
    kernels: true,
  } as const;
  expect(splitByMemory(VIDEOS, limit)).toEqual([{ places: [0, 1, 2, 3, 4], fits: true }]);
  const parts = splitByMemory(VIDEOS, { ...limit, budget: TIGHT });
  expect(parts.map(({ fits }) => fits)).toEqual([false, false, true]);
  expect(parts.map(({ places }) => places)).toEqual([[1], [3], [0, 2, 4]]);
  const most = mostRows({ ...limit, budget: TIGHT });
  const [just, tooLong] = videosOf([
    [most, most],
    [most + 1, most + 1],
  ]) as [LabelledVideo, LabelledVideo];
  expect(splitByMemory([just], { ...limit, budget: TIGHT })[0]?.fits).toBe(true);
  expect(splitByMemory([tooLong], { ...limit, budget: TIGHT })[0]?.fits).toBe(false);
});

test("rows are sampled evenly", () => {
  const sequence = { rows: 10, size: 1, data: Float32Array.from({ length: 10 }, (_, row) => row) };
  expect([...sampleRows(sequence, 5).data]).toEqual([1, 3, 5, 7, 9]);
  expect([...sampleRows(sequence, 1).data]).toEqual([5]);
  expect(sampleRows(sequence, 10)).toBe(sequence);
});

describeOnBackends("a batch beyond its budget of memory", () => {
  test.each([
    ["guided by titles", SMALL_CONFIG],
    ["absent modalities masked", MASKED],
  ])("is tagged and measured in parts and pieces with the same result: %s", async (_, config) => {
    const whole = await smallVideoTagger(1, config);
    const parts = withBudget(whole, TIGHT);
    const before = tf.memory().numTensors;
    const expected = await whole.tag(VIDEOS, { explain: true });
    const tagged = await parts.tag(VIDEOS, { explain: true });
    for (const [index, video] of tagged.entries()) {
      const other = expected[index] as typeof video;
      expect(video.present).toEqual(other.present);
      for (const [one, two] of [
        [video.logits, other.logits],
        [video.attention["image"], other.attention["image"]],
        [video.attention["audio"], other.attention["audio"]],
        [video.explanation?.contributions["image"], other.explanation?.contributions["image"]],
      ]) {
        expect(one?.length).toBe(two?.length);
        for (const [place, value] of (one ?? []).entries()) expect(value).toBeCloseTo(two?.[place] as number, 5);
      }
    }
    const measured = await whole.measure(VIDEOS);
    expect((await parts.measure(VIDEOS)).loss).toBeCloseTo(measured.loss, 4);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("has the gradients of the batch, added up", async () => {
    const videos = videosOf([
      [3, 2],
      [60, 7],
      [4, 0],
      [5, 50],
      [2, 2],
    ]);
    const whole = await smallVideoTagger(1, NO_DROPOUT);
    const limit = { ...whole.memoryLimit("training"), budget: TIGHT };
    expect(splitByMemory(videos, limit).length).toBeGreaterThan(2);
    const weighted = videos.map((video, index) => ({ ...video, weight: [1, 2, 0.5, 3, 1][index] }));
    const given = { step: 0, random: new RandomStream(1) };
    const one = await videoStep(whole).gradients(weighted, given);
    const two = await videoStep(withBudget(whole, TIGHT)).gradients(weighted, given);
    expect(two.sums).toEqual(one.sums);
    expect(two.loss).toBeCloseTo(one.loss, 4);
    expect([...two.gradients.keys()].sort()).toEqual([...one.gradients.keys()].sort());
    for (const [path, gradient] of one.gradients) {
      const largest = Math.max(1, (await tf.max(tf.abs(gradient)).data())[0] as number);
      const other = two.gradients.get(path) as tf.Tensor;
      const difference = (await tf.max(tf.abs(tf.sub(gradient, other))).data())[0] as number;
      expect(difference / largest, path).toBeLessThan(2e-6);
    }
    tf.dispose([...one.gradients.values(), ...two.gradients.values()]);
  });

  test("stops where its signal says so", async () => {
    const tagger = withBudget(await smallVideoTagger(1), TIGHT);
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const tagging = tagger.tag(VIDEOS, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 0);
    await expect(tagging).rejects.toThrow("enough");
    expect(tf.memory().numTensors).toBe(before);
  });

  test("stops between two parts that each fit", async () => {
    const videos = videosOf(Array.from({ length: 200 }, () => [3, 2]));
    const tagger = withBudget(await smallVideoTagger(1), TIGHT);
    const parts = splitByMemory(videos, tagger.memoryLimit("prediction"));
    expect(parts.every(({ fits }) => fits)).toBe(true);
    expect(parts.length).toBeGreaterThan(5);
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const tagging = tagger.tag(videos, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 0);
    await expect(tagging).rejects.toThrow("enough");
    expect(tf.memory().numTensors).toBe(before);
  });
}, ["cpu", "wasm"]);
