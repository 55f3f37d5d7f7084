import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { hasModality, type VideoFeatures } from "../../src/tagging/tagger-inputs.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { dropModality } from "../../src/training/modality-dropout.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { trainTagger } from "../../src/training/train-tagger.ts";
import { describeOnBackends } from "../support/backends.ts";
import { type MemoryVideo, memoryDataset } from "../support/memory-dataset.ts";
import { smallConfig, smallTagger } from "../support/small-tagger.ts";

const MODALITIES = ["image", "audio", "text"];
const rows = { rows: 1, size: 1, data: new Float32Array(1) };
const WHOLE: VideoFeatures = { texts: { text: "a" }, rows: { image: rows, audio: rows } };

/** How often each set of modalities was left over. */
function leftOver(video: VideoFeatures, modalities: readonly string[]): Map<string, number> {
  const random = new RandomStream(1);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 300; draw++) {
    const left = dropModality(video, modalities, random);
    const names = MODALITIES.filter((modality) => hasModality(left, modality)).join();
    counts.set(names, (counts.get(names) ?? 0) + 1);
  }
  return counts;
}

test("a video loses one of its modalities, each as often as another", () => {
  const counts = leftOver(WHOLE, MODALITIES);
  expect([...counts.keys()].sort()).toEqual(["audio,text", "image,audio", "image,text"]);
  for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(35);
});

test("only what it has and the model knows is drawn", () => {
  const silent = leftOver({ ...WHOLE, rows: { image: rows } }, MODALITIES);
  expect([...silent.keys()].sort()).toEqual(["image", "text"]);
  for (const count of silent.values()) expect(Math.abs(count - 150)).toBeLessThan(40);
  expect([...leftOver(WHOLE, ["image", "audio"]).keys()].sort()).toEqual(["audio,text", "image,text"]);
});

test("a video of one modality keeps it", () => {
  const video = { texts: { text: "" }, rows: { image: rows } };
  expect(dropModality(video, MODALITIES, new RandomStream(1))).toBe(video);
  expect(dropModality(WHOLE, ["text"], new RandomStream(1))).toBe(WHOLE);
});

describeOnBackends("training with modality dropout", () => {
  test("on a masked model sees a video without frames, or without sound, and never whole", async () => {
    const config = smallConfig({ text: undefined, isTextGuided: false, dropoutRate: 0, masksAbsent: true });
    const labels = ["a", "b", "c", "d", "e"];
    const tagger = new VideoTagger({ model: smallTagger(config), labels });
    const whole: MemoryVideo = {
      name: "v",
      title: "",
      labels: ["b"],
      image: [[1, -2, 3]],
      audio: [
        [4, 5],
        [6, -7],
      ],
    };
    const lossOf = async (video: MemoryVideo): Promise<number> => {
      const features = (rows: readonly (readonly number[])[]) =>
        rows.length === 0
          ? undefined
          : { rows: rows.length, size: rows[0]?.length ?? 0, data: Float32Array.from(rows.flat()) };
      const [tagged] = await tagger.tag([{ rows: { image: features(video.image), audio: features(video.audio) } }]);
      return [...(tagged?.scores ?? [])].reduce(
        (sum, score, index) => sum - Math.log(index === 1 ? score : 1 - score),
        0,
      );
    };
    const data = memoryDataset([whole], labels);
    const losses: number[] = [];
    for await (const event of trainTagger({
      tagger,
      train: data,
      valid: data,
      optimizer: rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 0 }),
      schedule: () => 0,
      epochs: 8,
      batchSize: 1,
      validBatchSize: 1,
      topN: [1],
      earlyStop: 20,
      modalityDropRate: 1,
      seed: 1,
    })) {
      if (event.kind === "step") losses.push(event.loss);
    }
    const possible = [await lossOf({ ...whole, image: [] }), await lossOf({ ...whole, audio: [] })];
    const seen = losses.map((loss) => possible.findIndex((value) => Math.abs(value - loss) < 1e-5));
    expect(seen).toHaveLength(8);
    expect(new Set(seen)).toEqual(new Set([0, 1]));
    tagger.dispose();
  });
}, ["cpu", "wasm"]);
