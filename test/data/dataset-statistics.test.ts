import fc from "fast-check";
import { expect, test } from "vitest";
import { contentHash } from "../../src/data/content-hash.ts";
import { DatasetStatistics } from "../../src/data/dataset-statistics.ts";
import { FeatureRanges } from "../../src/data/feature-ranges.ts";
import { LengthHistogram } from "../../src/data/length-histogram.ts";
import { featureBytes, type MemoryVideo, memoryDataset } from "../support/memory-dataset.ts";

const LABELS = ["a", "b", "c"];

function video(name: string, change: Partial<MemoryVideo> = {}): MemoryVideo {
  return { name, title: `title of ${name}`, labels: ["a"], image: [[1, 2]], audio: [[name.length, 3, 0]], ...change };
}

async function statisticsOf(videos: readonly MemoryVideo[]): Promise<DatasetStatistics> {
  const statistics = new DatasetStatistics({ labels: LABELS, sizes: { image: 2, audio: 3 } });
  for await (const sample of memoryDataset(videos, LABELS).samples()) statistics.add(sample);
  return statistics;
}

test("counts videos, labels, lengths, titles and equal features", async () => {
  const statistics = await statisticsOf([
    video("v1", { labels: ["c", "a"], title: "猫🐈 " }),
    video("v2", { labels: ["a"], title: " 猫🐈", image: [[0, 2], [1, 2], [5, 2]] }), // biome-ignore format: rows
    video("v3", { labels: ["unknown", "c"], title: " " }),
    video("v44", { audio: [] }),
  ]);
  const one = (value: number, videos: number) => ({ from: value, to: value, videos });
  expect(statistics.summary()).toEqual({
    videos: 4,
    labels: [
      { label: "a", videos: 3 },
      { label: "b", videos: 0 },
      { label: "c", videos: 2 },
    ],
    lengths: {
      labels: { minimum: 1, maximum: 2, mean: 5 / 4, quartiles: [1, 1, 1], bins: [one(1, 3), one(2, 1)] },
      rows: {
        image: { minimum: 1, maximum: 3, mean: 6 / 4, quartiles: [1, 1, 1], bins: [one(1, 3), one(2, 0), one(3, 1)] },
        audio: { minimum: 0, maximum: 1, mean: 3 / 4, quartiles: [0, 1, 1], bins: [one(0, 1), one(1, 3)] },
      },
      title: {
        minimum: 0,
        maximum: 12,
        mean: 16 / 4,
        quartiles: [0, 2, 2],
        bins: [[0, 1, 1], [2, 3, 2], [4, 5, 0], [6, 7, 0], [8, 9, 0], [10, 11, 0], [12, 12, 1]].map(
          ([from, to, videos]) => ({ from, to, videos }),
        ), // biome-ignore format: rows
      },
    },
    withoutTitle: 1,
    duplicateTitles: [{ title: "猫🐈", videos: 2 }],
    duplicateFeatures: [["v1.mp4", "v3.mp4"]],
    features: {
      image: {
        rows: 6,
        size: 2,
        minimum: 0,
        maximum: 5,
        mean: 21 / 12,
        deviation: expect.closeTo(Math.sqrt(53 / 12 - (21 / 12) ** 2), 12),
        zeros: 1 / 12,
        notANumber: 0,
        infinite: 0,
        constantDimensions: [1],
        zeroDimensions: [],
      },
      audio: expect.objectContaining({
        rows: 3,
        size: 3,
        zeros: 3 / 9,
        constantDimensions: [0, 1, 2],
        zeroDimensions: [2],
      }),
    },
  });
});

test("passes over a video that it has counted, and modalities without a width", async () => {
  const statistics = new DatasetStatistics({ labels: LABELS, sizes: { audio: 3 } });
  const dataset = memoryDataset([video("v1"), video("v2", { image: [[1, 2, 3]] })], LABELS);
  const stop = dataset.observe((sample) => statistics.add(sample));
  for (let epoch = 0; epoch < 2; epoch++) for await (const _ of dataset.batches(2));
  const { videos, lengths, features } = statistics.summary();
  expect([videos, Object.keys(lengths.rows), Object.keys(features)]).toEqual([2, ["audio"], ["audio"]]);
  expect(features["audio"]?.rows).toBe(2);
  stop();
  const later = new DatasetStatistics({ labels: LABELS });
  expect(later.summary()).toMatchObject({ videos: 0, lengths: { rows: {} } });
});

test("an observer sees each sample that is handed out, until it stops", async () => {
  const dataset = memoryDataset([video("v1"), video("v2")], LABELS, new Map([["v2.pkl", featureBytes(video("v2"))]]));
  const seen: string[] = [];
  const stop = dataset.observe(({ fileName }) => seen.push(fileName));
  for await (const _ of dataset.samples());
  expect(seen).toEqual(["v2.mp4"]);
  stop();
  for await (const _ of dataset.samples());
  expect(seen).toEqual(["v2.mp4"]);
});

test("refuses features of another width", async () => {
  const statistics = new DatasetStatistics({ labels: LABELS, sizes: { image: 4 } });
  const dataset = memoryDataset([video("v1")], LABELS);
  const stop = dataset.observe((sample) => statistics.add(sample));
  const run = async () => {
    for await (const _ of dataset.samples());
  };
  await expect(run()).rejects.toThrow("FeatureRanges: rows must have 4 values. Got 2.");
  stop();
});

test("finds what two datasets share: file names, titles, features", async () => {
  const train = await statisticsOf([
    video("v1", { title: "same " }),
    video("v2", { title: "same", image: [[7, 7]] }),
    video("v3", { title: "", image: [[8, 8]] }),
    video("v4", { image: [[1, 2.5]] }),
  ]);
  const valid = await statisticsOf([
    video("v4", { title: "another", image: [[9, 9]] }),
    video("w1", { title: "same", image: [[7, 8]] }),
    video("w2", { title: "", image: [[7, 7]] }),
    video("w3", { image: [[1, 2.5]], audio: [[3, 3, 0]] }),
  ]);
  expect(train.sharedWith(valid)).toEqual({
    fileNames: ["v4.mp4"],
    titles: [{ title: "same", videos: [2, 1] }],
    features: [[["v2.mp4"], ["w2.mp4"]]],
  });
});

test("feature ranges are those of all values at once, whatever the offset and however they are cut", () => {
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.float({ min: -100, max: 100, noNaN: true }) },
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  const rows = fc.array(fc.tuple(value, value, value), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 5 }), fc.constantFrom(0, 1e4), (videos, offset) => {
      const ranges = new FeatureRanges(3);
      const all: number[] = [];
      for (const own of videos) {
        const data = Float32Array.from(own.flat(), (each) => each + offset);
        ranges.add({ rows: own.length, size: 3, data });
        all.push(...data);
      }
      const finite = all.filter(Number.isFinite);
      const mean = finite.reduce((sum, each) => sum + each, 0) / finite.length;
      const variance = finite.reduce((sum, each) => sum + (each - mean) ** 2, 0) / finite.length;
      const column = (index: number) => all.filter((_, place) => place % 3 === index);
      const isConstant = (index: number) => new Set(column(index).filter(Number.isFinite)).size === 1;
      const constant = all.length < 6 ? [] : [0, 1, 2].filter(isConstant);
      const { mean: gotMean, deviation, ...rest } = ranges.summary();
      expect(rest).toEqual({
        rows: all.length / 3,
        size: 3,
        minimum: finite.length === 0 ? undefined : Math.min(...finite),
        maximum: finite.length === 0 ? undefined : Math.max(...finite),
        zeros: all.length === 0 ? 0 : all.filter((each) => each === 0).length / all.length,
        notANumber: all.filter(Number.isNaN).length,
        infinite: all.filter((each) => !Number.isNaN(each) && !Number.isFinite(each)).length,
        constantDimensions: constant,
        zeroDimensions: constant.filter((index) => column(index).some((each) => each === 0)),
      });
      if (finite.length === 0) expect([gotMean, deviation]).toEqual([undefined, undefined]);
      else {
        expect(gotMean).toBeCloseTo(mean, 8);
        expect(deviation).toBeCloseTo(Math.sqrt(variance), 6);
      }
    }),
  );
});

test("a length's summary is that of the sorted list", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 40 }), (lengths) => {
      const histogram = new LengthHistogram();
      for (const length of lengths) histogram.add(length);
      const sorted = lengths.toSorted((a, b) => a - b);
      const summary = histogram.summary();
      if (summary === undefined) throw new Error("There are lengths.");
      const { minimum, maximum, mean, quartiles, bins } = summary;
      expect([minimum, maximum]).toEqual([sorted[0], sorted.at(-1)]);
      expect(mean).toBeCloseTo(lengths.reduce((sum, length) => sum + length, 0) / lengths.length, 10);
      expect(quartiles).toEqual([0.25, 0.5, 0.75].map((share) => sorted[Math.ceil(share * sorted.length) - 1]));
      expect(bins.length).toBeLessThanOrEqual(10);
      expect([bins[0]?.from, bins.at(-1)?.to]).toEqual([minimum, maximum]);
      for (const [index, { from, to, videos }] of bins.entries()) {
        expect(videos).toBe(lengths.filter((length) => length >= from && length <= to).length);
        expect(to).toBeGreaterThanOrEqual(from);
        if (index > 0) expect(from).toBe((bins[index - 1]?.to as number) + 1);
      }
    }),
  );
  expect(new LengthHistogram().summary()).toBe(undefined);
});

test("a content hash differs with a bit, a shape, an order; and is a safe whole number", () => {
  const rows = (size: number, ...data: number[]) => ({ rows: data.length / size, size, data: Float32Array.from(data) });
  const different = [
    [rows(2, 1, 2), rows(1)],
    [rows(1, 1, 2), rows(1)],
    [rows(2, 2, 1), rows(1)],
    [rows(2, 1, 2.0000002), rows(1)],
    [rows(2, 1, 2, 0, 0), rows(1)],
    [rows(1), rows(2, 1, 2)],
    [rows(1, 1), rows(1, 2)],
    [rows(1, 0, 0), rows(1)],
    [rows(1, 0, 0, 0), rows(1)],
    [rows(1), rows(1)],
  ].map(contentHash);
  expect(new Set(different).size).toBe(different.length);
  for (const hash of different) expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
  expect(contentHash([rows(2, 1, 2), rows(5)])).toBe(different[0]);
  // Numbers one after another fill the range evenly: what a poor hash does not do.
  const many = Array.from({ length: 20000 }, (_, index) => contentHash([rows(1, index)]));
  expect(new Set(many.map((hash) => hash % 2 ** 32)).size).toBeGreaterThan(19990);
  expect(new Set(many.map((hash) => Math.floor(hash / 2 ** 32))).size).toBeGreaterThan(19700);
});
