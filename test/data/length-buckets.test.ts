import { expect, test } from "vitest";
import { lengthBucketedBatches, type PlacedBatch } from "../../src/data/length-buckets.ts";
import { featureBytes, type MemoryVideo, memoryDataset } from "../support/memory-dataset.ts";

const LENGTHS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];

function videos(): MemoryVideo[] {
  return LENGTHS.map((rows, index) => ({
    name: `v${index}`,
    title: "",
    labels: ["a"],
    image: Array.from({ length: rows }, () => [1]),
    audio: Array.from({ length: index }, () => [1]),
  }));
}

async function batchesOf(files?: Map<string, Uint8Array>): Promise<PlacedBatch[]> {
  const batches: PlacedBatch[] = [];
  for await (const batch of lengthBucketedBatches(memoryDataset(videos(), ["a"], files), 2)) batches.push(batch);
  return batches;
}

test("sorts four batches at a time by length, and says where each video stands", async () => {
  const batches = await batchesOf();
  expect(batches.map(({ places }) => places)).toEqual([[5, 7], [4, 2], [0, 6], [3, 1], [10, 8], [9]]);
  for (const { samples, places } of batches) {
    expect(samples.map(({ video }) => video)).toEqual(places.map((place) => `v${place}`));
  }
});

test("gives no place to a video that is left out", async () => {
  const files = new Map(videos().map((video) => [`${video.name}.pkl`, featureBytes(video)]));
  files.delete("v0.pkl");
  const batches = await batchesOf(files);
  const placed = batches.flatMap(({ samples, places }) => places.map((place, index) => [place, samples[index]?.video]));
  expect(placed.sort(([a], [b]) => Number(a) - Number(b))).toEqual(
    LENGTHS.slice(1).map((_, index) => [index, `v${index + 1}`]),
  );
});

test("closes a window early where features are large, and loses none", async () => {
  const windows: number[][] = [];
  // Of 4 bytes per value: a window closes with 40 of them.
  const batches = lengthBucketedBatches(memoryDataset(videos(), ["a"]), 4, {}, 40);
  for await (const { places } of batches) windows.push([...places]);
  expect(windows.flat().sort((a, b) => a - b)).toEqual([...LENGTHS.keys()]);
  expect(windows).toEqual([[2, 0, 1], [4, 3], [5], [7, 6], [8], [9], [10]]);
});
