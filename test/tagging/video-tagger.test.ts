import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { readState } from "../../src/core/state.ts";
import { TaggingMetrics } from "../../src/metrics/tagging-metrics.ts";
import type { MultimodalTaggerConfig } from "../../src/models/tagger-config.ts";
import { paddlePrediction } from "../../src/paddle/paddle-prediction.ts";
import { evaluateTagger } from "../../src/tagging/evaluation.ts";
import type { VideoFeatures } from "../../src/tagging/tagger-inputs.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { videoStep } from "../../src/training/video-step.ts";
import { describeOnBackends } from "../support/backends.ts";
import { LetterTokenizer, learnableVideos, letterPreprocessing, memoryDataset } from "../support/memory-dataset.ts";
import { SMALL_CONFIG, SMALL_SIZES, smallConfig, smallTagger } from "../support/small-tagger.ts";
import { expectClose, expectNoLeak } from "../support/tensors.ts";

const LABELS = ["red", "green", "blue", "black", "white"];

function create(config: MultimodalTaggerConfig = SMALL_CONFIG): VideoTagger {
  const texts = { text: letterPreprocessing() };
  return new VideoTagger({ model: smallTagger(config), labels: LABELS, texts, threshold: 0.5 });
}

function randomVideo(rows: [number, number], title: string, seed: number): VideoFeatures {
  const random = new RandomStream(seed);
  const matrix = (count: number, size: number) => {
    return { rows: count, size, data: Float32Array.from({ length: count * size }, () => random.nextNormal()) };
  };
  return { texts: { text: title }, rows: { image: matrix(rows[0], 3), audio: matrix(rows[1], 2) } };
}

const VIDEOS = [randomVideo([3, 1], "abc", 1), randomVideo([1, 4], "", 2), randomVideo([2, 2], "abcabcabc", 3)];

describeOnBackends("VideoTagger", () => {
  test("tags videos together as it tags them alone, the highest first, and frees what it used", async () => {
    const tagger = create();
    const together = await tagger.tag(VIDEOS, { threshold: 0.3 });
    for (const [index, video] of VIDEOS.entries()) {
      const [alone] = await tagger.tag([video], { threshold: 0.3 });
      expectClose(together[index]?.scores ?? [], alone?.scores ?? [1], 1e-6, `video ${index}`);
    }
    const [first] = together;
    const expected = LABELS.map((label, index) => ({ label, score: first?.scores[index] as number }))
      .filter(({ score }) => score >= 0.3)
      .sort((a, b) => b.score - a.score);
    expect(first?.tags).toEqual(expected);
    expect(await tagger.tag([])).toEqual([]);
    await expectNoLeak(() => tagger.tag(VIDEOS));
    tagger.dispose();
  });

  test("tells where it looked: weights for a video's own rows, that sum to 1", async () => {
    const tagger = create();
    const tagged = await tagger.tag(VIDEOS);
    expect(tagged.map(({ attention }) => [attention["image"]?.length, attention["audio"]?.length])).toEqual([
      [3, 1],
      [1, 4],
      [2, 2],
    ]);
    for (const { attention } of tagged) {
      for (const weights of Object.values(attention)) {
        expect([...weights].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      }
    }
  });

  test("takes missing sound for ten rows of zeros and a missing title for the empty one, and does not claim to have listened", async () => {
    const tagger = create();
    const image = VIDEOS[0]?.rows?.["image"];
    const silence = { rows: 10, size: 2, data: new Float32Array(20) };
    const [implicit, explicit] = [
      await tagger.tag([{ rows: { image } }]),
      await tagger.tag([{ rows: { image, audio: silence }, texts: { text: "" } }]),
    ];
    expectClose(implicit[0]?.scores ?? [], explicit[0]?.scores ?? [1], 1e-6, "scores");
    expect(Object.keys(implicit[0]?.attention ?? {})).toEqual(["image"]);
  });

  test("fails with a sentence and without a leak when features are of another width", async () => {
    const tagger = create();
    const wide = { rows: 1, size: 5, data: new Float32Array(5) };
    const video = VIDEOS[0] as VideoFeatures;
    await expectNoLeak(() =>
      expect(tagger.tag([{ ...video, rows: { ...video.rows, audio: wide } }])).rejects.toThrow(
        "Video 0: audio must have shape [1, 2]. Got 5 values in rows of 5.",
      ),
    );
  });

  test("fails with a sentence when it was disposed of", async () => {
    const tagger = create();
    tagger.dispose();
    const message = "This model was disposed of: it has no parameters any more.";
    await expect(tagger.tag(VIDEOS)).rejects.toThrow(new TypeError(message));
    await expect(tagger.measure([{ ...VIDEOS[0], video: "a", classes: [0] }])).rejects.toThrow(message);
    await expect(readState(tagger.model)).rejects.toThrow(message);
  });

  test("keeps nothing of a video whose true classes are no list", async () => {
    const tagger = create();
    const videos = [{ ...(VIDEOS[0] as VideoFeatures), video: "a", classes: 1 as unknown as readonly number[] }];
    await tagger.tag(VIDEOS);
    await expectNoLeak(() => expect(tagger.measure(videos)).rejects.toThrow(TypeError));
    const given = { step: 0, random: new RandomStream(1) };
    await expectNoLeak(() => expect(videoStep(tagger).gradients(videos, given)).rejects.toThrow(TypeError));
  });

  test("runs a frozen encoder once a title, a fine-tuned one each time", async () => {
    const count = async (encoderTraining: "frozen" | "fine-tuned" | "frozen-with-dropout", training: boolean) => {
      const tagger = create(smallConfig({ text: { ...SMALL_SIZES.text, training: encoderTraining } }));
      const kinds: boolean[] = [];
      for (let pass = 0; pass < 2; pass++) {
        const { input } = await tagger.inputs.prepare(VIDEOS, { training });
        kinds.push("tokenIds" in (input.sequences["text"] ?? {}));
        tf.dispose(input);
      }
      return kinds;
    };
    expect(await count("frozen", true)).toEqual([false, false]);
    expect(await count("frozen", false)).toEqual([false, false]);
    expect(await count("frozen-with-dropout", true)).toEqual([true, true]);
    expect(await count("frozen-with-dropout", false)).toEqual([false, false]);
    expect(await count("fine-tuned", true)).toEqual([true, true]);
    expect(await count("fine-tuned", false)).toEqual([true, true]);
  });

  test("measures a dataset: Hit@k and loss as computed by hand, whatever the batch size", async () => {
    const tagger = create();
    const dataset = memoryDataset(learnableVideos(7, LABELS, 5), LABELS);
    const small = await evaluateTagger(tagger, dataset, { batchSize: 2, topN: [1, 3] });
    const large = await evaluateTagger(tagger, dataset, { batchSize: 100, topN: [1, 3] });
    expect(small.videos).toBe(7);
    expect(large.hitAtK).toEqual(small.hitAtK);
    expect(large.loss).toBeCloseTo(small.loss, 4);

    let [loss, hits1, hits3] = [0, 0, 0];
    for await (const sample of dataset.samples()) {
      const [tagged] = await tagger.tag([sample]);
      const scores = [...(tagged?.scores ?? [])];
      const ranked = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));
      const isTrue = (label: number) => sample.classes.includes(label);
      if (isTrue(ranked[0] as number)) hits1++;
      if (ranked.slice(0, 3).some(isTrue)) hits3++;
      loss -= scores.reduce((sum, score, label) => sum + Math.log(isTrue(label) ? score : 1 - score), 0);
    }
    expect([...small.hitAtK]).toEqual([
      [1, hits1 / 7],
      [3, hits3 / 7],
    ]);
    expect(small.loss).toBeCloseTo(loss / 7, 4);
    await expectNoLeak(() => evaluateTagger(tagger, dataset, { batchSize: 3, topN: [1] }));
  });

  test("measures a dataset: mAP and GAP of its probabilities, F1 of the tags that it gives", async () => {
    const dataset = memoryDataset(learnableVideos(7, LABELS, 5), LABELS);
    const calibration = { kind: "temperature", temperature: 4 } as const;
    const threshold = [0.5, 0.48, 0.5, 0.49, 0.52];
    const plain = create();
    const calibrated = new VideoTagger({ ...plain.config, threshold, calibration });
    const figuresOf = async (each: VideoTagger, thresholds: number | number[]) => {
      const metrics = new TaggingMetrics({ numClasses: LABELS.length, thresholds });
      for await (const sample of dataset.samples()) {
        const [{ scores } = { scores: [] }] = await each.tag([sample]);
        metrics.add(scores, sample.classes);
      }
      return metrics.result().figures;
    };
    const [before, after] = [await figuresOf(plain, 0.5), await figuresOf(calibrated, threshold)];
    expect(before["micro F1"]).not.toBe(after["micro F1"]);
    for (const [each, f1] of [[plain, before["micro F1"]] as const, [calibrated, after["micro F1"]] as const]) {
      const measured = await evaluateTagger(each, dataset, { batchSize: 3, topN: [1] });
      expect(measured.globalAveragePrecision).toBeCloseTo(before["GAP@20"] as number, 9);
      expect(measured.meanAveragePrecision).toBeCloseTo(before["mAP"] as number, 9);
      expect(measured.microF1).toBe(f1);
    }
  });

  test("tags a whole dataset in batches, in its order", async () => {
    const tagger = create();
    const dataset = memoryDataset(learnableVideos(5, LABELS, 6), LABELS);
    const videos: string[] = [];
    for await (const { video, scores } of tagger.tagAll(dataset, { batchSize: 2 })) {
      expect(scores.length).toBe(5);
      videos.push(video);
    }
    expect(videos).toEqual(["video6_0", "video6_1", "video6_2", "video6_3", "video6_4"]);
  });
});

test("refuses parts that do not belong together", () => {
  const model = smallTagger();
  const text = letterPreprocessing();
  expect(() => new VideoTagger({ model, labels: ["one"], texts: { text } })).toThrow(
    "A tagger of 5 classes needs as many labels. Got 1.",
  );
  expect(() => new VideoTagger({ model, labels: LABELS })).toThrow(
    'A tagger of the text "text" needs a tokenizer for it.',
  );
  expect(() => new VideoTagger({ model, labels: LABELS, texts: { text: { ...text, maxLength: 10 } } })).toThrow(
    "Titles may have 9 tokens at most with this encoder. Got 10.",
  );
  const large = letterPreprocessing(new LetterTokenizer(12));
  expect(() => new VideoTagger({ model, labels: LABELS, texts: { text: large } })).toThrow(
    "The vocabulary must have ids below 11, the rows of the word embedding. Got 11.",
  );
});

test("a prediction in the original's form has the labels over the threshold in class order", () => {
  const scores = Float32Array.of(0.5, 0.25, 0.75, 0, 1);
  expect(paddlePrediction({ video: "v.mp4", fileName: "a/v.mp4" }, scores, LABELS, 0.5)).toEqual({
    video_id: "v.mp4",
    labels: [
      ["red", 0.5],
      ["blue", 0.75],
      ["white", 1],
    ],
    file_name: "a/v.mp4",
  });
});
