import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { FileSourceError } from "../../src/data/file-source.ts";
import {
  DatasetChangedError,
  describeSkipped,
  NoVideosError,
  VideoDataset,
  type VideoSample,
} from "../../src/data/video-dataset.ts";
import { selectRows } from "../../src/formats/list-file.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { featureBytes, type MemoryVideo, memoryDataset } from "../support/memory-dataset.ts";

const LABELS = ["a", "b", "c"];

function videos(count: number): MemoryVideo[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `v${index}`,
    title: `title ${index}`,
    labels: [LABELS[index % 3] as string],
    image: [[index, 1, 2]],
    audio: index % 2 === 0 ? [[index, 5]] : [],
  }));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const names = (samples: readonly VideoSample[]) => samples.map(({ video }) => video);

test("gives every video whole, in the order of the list", async () => {
  const samples = await collect(memoryDataset(videos(20), LABELS).samples());
  expect(names(samples)).toEqual(Array.from({ length: 20 }, (_, index) => `v${index}`));
  expect(samples[3]).toEqual({
    line: 4,
    fileName: "v3.mp4",
    video: "v3",
    title: "title 3",
    classes: [0],
    texts: { text: "title 3" },
    rows: {
      image: { rows: 1, size: 3, data: Float32Array.of(3, 1, 2) },
      audio: { rows: 0, size: 0, data: new Float32Array(0) },
    },
  });
});

test("shuffles by the stream it is given: every video once, another order for another seed", async () => {
  const dataset = memoryDataset(videos(20), LABELS);
  const order = async (seed: number) => names(await collect(dataset.samples({ random: new RandomStream(seed) })));
  expect(await order(1)).toEqual(await order(1));
  expect(await order(1)).not.toEqual(await order(2));
  expect((await order(1)).sort()).toEqual(names(await collect(dataset.samples())).sort());
});

test("makes batches of the size asked for, out of what can be read", async () => {
  const all = videos(11);
  const files = new Map(all.map((video) => [`${video.name}.pkl`, featureBytes(video)]));
  files.delete("v1.pkl");
  const batches = await collect(memoryDataset(all, LABELS, files).batches(4));
  expect(batches.map(names)).toEqual([
    ["v0", "v2", "v3", "v4"],
    ["v5", "v6", "v7", "v8"],
    ["v9", "v10"],
  ]);
});

test("counts and names every row that gives no sample, once, whatever the number of passes", async () => {
  const all = videos(6);
  const files = new Map(all.map((video) => [`${video.name}.pkl`, featureBytes(video)]));
  files.delete("v1.pkl");
  files.set("v2.pkl", Uint8Array.of(1, 2, 3));
  const rows = [
    ...all,
    { ...all[0], name: "v0" } as MemoryVideo,
    { ...all[0], name: "v8", labels: [] } as MemoryVideo,
    { ...all[0], name: "v9", labels: ["x", "y"] } as MemoryVideo,
    { ...all[0], name: "", labels: ["a"] } as MemoryVideo,
  ];
  const dataset = memoryDataset(rows, LABELS, files);
  expect(dataset.size).toBe(6);
  for (let pass = 0; pass < 2; pass++)
    expect(names(await collect(dataset.samples()))).toEqual(["v0", "v3", "v4", "v5"]);
  expect(dataset.skipped.map(describeSkipped)).toEqual([
    "line 2, v1.mp4: its feature file memory/v1.pkl does not exist.",
    "line 3, v2.mp4: memory/v2.pkl, byte 0: expected a pickle. Got 0x01, which is no opcode.",
    "line 7, v0.mp4: the name stands in line 1 already.",
    "line 8, v8.mp4: it has no label.",
    "line 9, v9.mp4: none of its labels is in the class file: x, y.",
    "line 10, .mp4: its name cannot name a feature file.",
  ]);
});

test("leaves out a video of another width, naming file, modality, and both widths", async () => {
  const dataset = memoryDataset(videos(3), LABELS);
  expect(await collect(dataset.samples({ sizes: { image: 4 } }))).toEqual([]);
  expect(dataset.skipped.map(describeSkipped)[0]).toBe(
    "line 1, v0.mp4: memory/v0.pkl, feature.image_pkl: expected rows of 4 values. Got 3.",
  );
  const audio = memoryDataset(videos(3), LABELS);
  expect(names(await collect(audio.samples({ sizes: { image: 3, audio: 9 } })))).toEqual(["v1"]);
  expect(audio.skipped.map(({ line }) => line)).toEqual([1, 3]);
  expect(new NoVideosError(dataset).message).toBe(
    `memory: it has no video that can be used. The first of 3 problems: ${dataset.skipped.map(describeSkipped)[0]}`,
  );
});

test("leaves out a video without image rows, unless it is told that there may be none", async () => {
  const files = new Map([["v0.pkl", readFileSync(goldenPath("bad-features/no_image_rows.pkl"))]]);
  const dataset = memoryDataset(videos(1), LABELS, files);
  const [sample] = await collect(dataset.samples({ required: [] }));
  expect([sample?.fileName, sample?.rows["image"]?.rows, (sample?.rows["audio"]?.rows ?? 0) > 0]).toEqual([
    "v0.mp4",
    0,
    true,
  ]);
  expect(dataset.skipped).toEqual([]);
  expect(await collect(dataset.samples({ required: ["image"] }))).toEqual([]);
  expect(dataset.skipped.map(describeSkipped)).toEqual([
    "line 1, v0.mp4: memory/v0.pkl, feature.image_pkl: expected at least 1 row. Got none.",
  ]);
});

test("reads a few files ahead and no more, and stops reading when nobody asks", async () => {
  let reads = 0;
  const rows = videos(100).map(({ name, title }, index) => ({ line: index + 1, fileName: name, title, labels: ["a"] }));
  const features = {
    read: async (name: string) => {
      reads++;
      return { file: name, bytes: featureBytes({ ...(videos(1)[0] as MemoryVideo), name }) };
    },
  };
  const dataset = new VideoDataset({ name: "list", ...selectRows(rows, { mode: "infer" }), features });
  for await (const { video } of dataset.samples()) {
    expect(video).toBe("v0.pkl");
    break;
  }
  expect(reads).toBeGreaterThan(1);
  expect(reads).toBeLessThan(20);
});

test("reports a source that cannot read a file, and passes on whatever else goes wrong", async () => {
  const rows = [{ line: 1, fileName: "v", title: "", labels: [] }];
  const dataset = (error: Error) =>
    new VideoDataset({
      name: "list",
      ...selectRows(rows, { mode: "infer" }),
      features: { read: () => Promise.reject(error) },
    });
  const broken = dataset(new FileSourceError("v.pkl: permission was denied."));
  expect(await collect(broken.samples())).toEqual([]);
  expect(broken.skipped.map(describeSkipped)).toEqual(["line 1, v: v.pkl: permission was denied."]);
  await expect(collect(dataset(new TypeError("a bug")).samples())).rejects.toThrow("a bug");
});

describe("a dataset that is read again", () => {
  const three = () => new Map(videos(3).map((video) => [`${video.name}.pkl`, featureBytes(video)]));

  test.each([
    [
      "is missing",
      (files: Map<string, Uint8Array>) => files.delete("v1.pkl"),
      "its feature file memory/v1.pkl does not exist.",
    ],
    [
      "is damaged",
      (files: Map<string, Uint8Array>) => files.set("v1.pkl", Uint8Array.of(1)),
      "memory/v1.pkl, byte 0: expected a pickle. Got 0x01, which is no opcode.",
    ],
  ])("ends where a video that could be read %s", async (_, spoil, problem) => {
    const files = three();
    const dataset = memoryDataset(videos(3), LABELS, files);
    await collect(dataset.samples());
    spoil(files);
    const message = `memory, line 2, v1.mp4: ${problem} It could be read before: the videos of a dataset must not change while it is in use.`;
    await expect(collect(dataset.samples())).rejects.toThrow(DatasetChangedError);
    await expect(collect(dataset.samples())).rejects.toThrow(message);
    await expect(collect(dataset.only(new Set([2])).samples())).rejects.toThrow(message);
    expect(dataset.skipped).toEqual([]);
  });

  test("still does without a video that could not be read, when its file is there", async () => {
    const files = three();
    files.delete("v1.pkl");
    const dataset = memoryDataset(videos(3), LABELS, files);
    await collect(dataset.samples());
    files.set("v1.pkl", featureBytes(videos(3)[1] as MemoryVideo));
    expect(names(await collect(dataset.samples()))).toEqual(["v0", "v2"]);
    expect(dataset.leftOut()).toEqual(dataset.skipped);
    expect(dataset.leftOut({ sizes: { image: 3 } })).toEqual([]);
  });

  test("by another process has the same videos, and wants those that the first one had", async () => {
    const files = three();
    files.delete("v1.pkl");
    const first = memoryDataset(videos(3), LABELS, files);
    await collect(first.samples());
    const leftOut = JSON.parse(JSON.stringify(first.leftOut().map(({ line, reason }) => ({ line, reason }))));
    const again = memoryDataset(videos(3), LABELS);
    again.goOnFrom({ leftOut, isWhole: true });
    expect(names(await collect(again.samples()))).toEqual(["v0", "v2"]);
    expect(again.skipped).toEqual(first.skipped);
    const without = memoryDataset(videos(3), LABELS, new Map());
    without.goOnFrom({ leftOut, isWhole: true });
    await expect(collect(without.samples())).rejects.toThrow(DatasetChangedError);
  });

  test("from the middle on wants in the next pass what stood before", async () => {
    const files = three();
    const dataset = memoryDataset(videos(3), LABELS, files);
    expect(names(await collect(dataset.samples({ after: 2 })))).toEqual(["v2"]);
    files.delete("v0.pkl");
    await expect(collect(dataset.samples())).rejects.toThrow(/^memory, line 1, v0\.mp4: /);
  });

  test("ends at a fault that may pass, and has lost nothing by it", async () => {
    const files = three();
    let isSound = false;
    const rows = videos(3).map(({ name, title }, index) => ({ line: index + 1, fileName: name, title, labels: [] }));
    const features = {
      read: async (name: string) => {
        if (!isSound && name === "v1.pkl") throw new FileSourceError("the disk failed", { mayPass: true });
        return { file: name, bytes: files.get(name) };
      },
    };
    const dataset = new VideoDataset({ name: "list", ...selectRows(rows, { mode: "infer" }), features });
    await expect(collect(dataset.samples())).rejects.toThrow("the disk failed");
    expect(dataset.skipped).toEqual([]);
    isSound = true;
    expect(names(await collect(dataset.samples()))).toEqual(["v0", "v1", "v2"]);
  });
});

test("some lines of a list are a dataset of their own, which knows nothing of the others", async () => {
  const files = new Map(videos(6).map((video) => [`${video.name}.pkl`, featureBytes(video)]));
  files.delete("v1.pkl");
  files.delete("v4.pkl");
  const whole = memoryDataset(videos(6), LABELS, files);
  const some = whole.only(new Set([2, 3, 6]));
  expect(some.size).toBe(3);
  expect(names(await collect(some.samples()))).toEqual(["v2", "v5"]);
  expect(some.skipped.map(({ line }) => line)).toEqual([2]);
  expect(whole.skipped).toEqual([]);
});

test("few videos are on their way where they are large, and as many as asked for where they are not", async () => {
  const most = async (bytes: number) => {
    const values = new Float32Array(bytes / 4);
    const image = { rows: values.length, size: 1, data: values };
    let [underWay, mostUnderWay] = [0, 0];
    const decode = async () => {
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return { video: "", rows: { image } };
    };
    for await (const _ of memoryDataset(videos(20), LABELS).samples({ decode })) underWay--;
    return mostUnderWay;
  };
  expect(await most(2 ** 26)).toBeLessThanOrEqual(3);
  expect(await most(2 ** 28)).toBeLessThanOrEqual(2);
  expect(await most(2 ** 10)).toBeGreaterThanOrEqual(8);
});
