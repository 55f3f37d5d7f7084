import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";
import { BackendMemoryError, NotFiniteError, ShapeError } from "../../../src/core/errors.ts";
import { RandomStream } from "../../../src/core/random-stream.ts";
import { decodeFeatureFile } from "../../../src/data/decoded-features.ts";
import { describeSkipped } from "../../../src/data/video-dataset.ts";
import { MultimodalTagger } from "../../../src/models/multimodal-tagger.ts";
import { useBackend } from "../../../src/node/backend.ts";
import { startWorkers, TaggerWorkers } from "../../../src/node/workers/tagger-workers.ts";
import { WorkerError, type WorkerThread } from "../../../src/node/workers/worker-thread.ts";
import { evaluateTagger } from "../../../src/tagging/evaluation.ts";
import type { TitleEncodingStore } from "../../../src/tagging/title-encodings.ts";
import { VideoTagger } from "../../../src/tagging/video-tagger.ts";
import { type TrainingVideo, videoStep } from "../../../src/training/video-step.ts";
import { describeOnBackends } from "../../support/backends.ts";
import {
  featureBytes,
  learnableVideos,
  letterPreprocessing,
  type MemoryVideo,
  memoryDataset,
} from "../../support/memory-dataset.ts";
import { SMALL_SIZES, smallConfig } from "../../support/small-tagger.ts";
import { smallVideoTagger } from "../../support/small-video-tagger.ts";
import { expectClose, largest } from "../../support/tensors.ts";

/** Does something with workers, and shows that they leave neither a tensor nor a thread. */
async function withWorkers<Result>(
  tagger: VideoTagger,
  options: { workers: number },
  work: (workers: TaggerWorkers) => Promise<Result>,
): Promise<Result> {
  const [tensors, threads] = [tf.memory().numTensors, countThreads()];
  const workers = await startWorkers(tagger, options);
  try {
    expect(countThreads()).toBe(threads + options.workers + 1);
    const result = await work(workers);
    expect(tf.memory().numTensors).toBe(tensors);
    return result;
  } finally {
    await workers.close();
    expect(countThreads()).toBe(threads);
  }
}

function countThreads(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Worker" || resource === "MessagePort")
    .length;
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Titles that the tagger's vocabulary knows. */
function videosOf(tagger: VideoTagger, count: number, seed: number): MemoryVideo[] {
  const titles = ["猫", "dogs dog", "猫 dog 猫", "", "x"];
  return learnableVideos(count, tagger.labels, seed).map((video, index) => ({
    ...video,
    title: titles[index % titles.length] as string,
  }));
}

test("a thread whose backend runs out of memory says so, and has another one for the next videos", async () => {
  await useBackend("wasm");
  const image = { input: { size: 1 }, recurrence: { units: 256 }, pooling: { kind: "attention" } } as const;
  const config = { modalities: { image }, numClasses: 1, head: "sigmoid", dropout: { rate: 0 } } as const;
  const model = new MultimodalTagger(config, new RandomStream(4));
  // So large a budget that nothing is taken in pieces.
  const tagger = new VideoTagger({ model, labels: ["a"], memoryBudget: 2 ** 40 });
  const video = (rows: number) => ({ rows: { image: { rows, size: 1, data: new Float32Array(rows).fill(1) } } });
  const expected = await tagger.tag([video(3)]);
  await withWorkers(tagger, { workers: 1 }, async (workers) => {
    // Its gates alone are more than 4 GB: nothing of them is ever touched.
    const problem = await workers.tag([video(1_100_000)]).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(BackendMemoryError);
    expect((problem as Error).message).toBe(
      "The wasm backend has no 4505600000 bytes of memory left. Smaller batches or shorter videos need less.",
    );
    expect(await workers.tag([video(3)])).toEqual(expected);
  });
  tagger.dispose();
});

test("the thread that reads files takes over memory that nobody else has, and leaves alone what others keep", async () => {
  await useBackend("cpu");
  const tagger = await smallVideoTagger(1);
  const [video] = videosOf(tagger, 1, 6) as [MemoryVideo];
  await withWorkers(tagger, { workers: 1 }, async ({ sampleOptions: { decode } }) => {
    const expected = decodeFeatureFile(featureBytes(video), { file: "a.pkl" });
    const [kept, own] = [featureBytes(video), featureBytes(video)].map((bytes) => new Uint8Array(bytes));
    const features = await decode(kept as Uint8Array, { file: "a.pkl" });
    expect(features).toEqual(expected);
    expect(features.rows["image"]?.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(kept).toEqual(new Uint8Array(featureBytes(video)));
    expect(await decode(own as Uint8Array, { file: "a.pkl", maxRows: 1 }, true)).toEqual(
      decodeFeatureFile(featureBytes(video), { file: "a.pkl", maxRows: 1 }),
    );
    expect(own?.byteLength).toBe(0);
  });
  tagger.dispose();
});

describeOnBackends(
  "workers",
  (backend) => {
    test("tag what one thread tags, bit for bit and in the dataset's order, and skip what it skips", async () => {
      const tagger = await smallVideoTagger(1);
      const videos = videosOf(tagger, 41, 6);
      const files = new Map(videos.map((video) => [`${video.name}.pkl`, featureBytes(video)]));
      files.set("video6_3.pkl", Uint8Array.of(1, 2, 3));
      files.delete("video6_9.pkl");
      const dataset = () => memoryDataset(videos, tagger.labels, files);
      const [alone, together] = [dataset(), dataset()];
      const expected = await collect(tagger.tagAll(alone, { batchSize: 3, explain: true }));
      expect(expected.map(({ video }) => video)).toEqual(
        videos.map(({ name }) => name).filter((_, index) => index !== 3 && index !== 9),
      );
      await withWorkers(tagger, { workers: 2 }, async (workers) => {
        expect(await collect(workers.tagAll(together, { batchSize: 3, explain: true }))).toEqual(expected);
        const options = { batchSize: 4, topN: [1, 2] };
        expect(await evaluateTagger(workers, together, options)).toEqual(await evaluateTagger(tagger, alone, options));
      });
      expect(together.skipped.map(describeSkipped)).toEqual(alone.skipped.map(describeSkipped));
      expect(together.skipped.length).toBe(2);
    });

    test.each(["frozen", "fine-tuned"] as const)(
      "compute the gradients of one thread (%s encoder)",
      async (encoderTraining) => {
        const text = {
          ...SMALL_SIZES.text,
          training: encoderTraining,
          encoder: { ...SMALL_SIZES.text.encoder, hiddenDropout: 0, attentionDropout: 0 },
        };
        const tagger = await smallVideoTagger(2, smallConfig({ text, dropoutRate: 0 }));
        const samples = await collect(memoryDataset(videosOf(tagger, 7, 3), tagger.labels).samples());
        const videos = samples.map((sample, index) => {
          return { ...sample, weight: 1 + index, knownClasses: index % 3 ? undefined : [0, 2, 4] };
        });
        const by = { classWeights: [1, 2, 1, 0.5, 3], loss: { kind: "focal", gamma: 1 } } as const;
        const given = { step: 0, random: new RandomStream(1) };
        const single = await videoStep(tagger, by).gradients(videos, given);
        await withWorkers(tagger, { workers: 3 }, async (workers) => {
          const step = await workers.trainingStep(by);
          // The second time the memory of the first is used again.
          for (let time = 0; time < 2; time++) {
            const { loss, sums, gradients } = await step.gradients(videos, given);
            expectClose([loss], [single.loss], 1e-6, "loss", single.loss);
            expect(sums).toEqual(single.sums);
            expect([...gradients.keys()]).toEqual([...single.gradients.keys()]);
            for (const [path, gradient] of gradients) {
              const expected = await (single.gradients.get(path) as tf.Tensor).data();
              expect(gradient.shape).toEqual(single.gradients.get(path)?.shape);
              // Some gradients are what is left of larger numbers that cancel out: a key's bias has none but rounding.
              expectClose(await gradient.data(), expected, 1e-5, path, Math.max(largest(expected), 0.01));
            }
            tf.dispose([...gradients.values()]);
          }
        });
        tf.dispose([...single.gradients.values()]);
      },
    );

    test("give the same gradients every time, with dropout of its own for each share", async () => {
      const tagger = await smallVideoTagger(2);
      const videos = await collect(memoryDataset(videosOf(tagger, 6, 3), tagger.labels).samples());
      const gradientsOf = async (workers: TaggerWorkers, seed: number, some: readonly TrainingVideo[] = videos) => {
        const step = await workers.trainingStep();
        const { gradients, ...more } = await step.gradients(some, { step: 0, random: new RandomStream(seed) });
        const values = new Map<string, unknown>();
        for (const [path, gradient] of gradients) values.set(path, await gradient.data());
        tf.dispose([...gradients.values()]);
        return { ...more, values };
      };
      const first = await withWorkers(tagger, { workers: 2 }, (workers) => gradientsOf(workers, 1));
      await withWorkers(tagger, { workers: 2 }, async (workers) => {
        expect(await gradientsOf(workers, 1)).toEqual(first);
        expect(await gradientsOf(workers, 2)).not.toEqual(first);
        const video = videos.slice(0, 1);
        // One video twice, a share each: with the same draws each would have the loss that it has alone.
        const [once, twice] = [
          await gradientsOf(workers, 1, video),
          await gradientsOf(workers, 1, [...video, ...video]),
        ];
        expect(twice.loss).not.toBe(2 * once.loss);
      });
    });

    test("throw the error that one thread throws", async () => {
      const tagger = await smallVideoTagger(1);
      tagger.model.head.bias?.assign(tf.tensor1d([0, 0, Number.NaN, 0, 0]));
      const narrow = [{ rows: { image: { rows: 1, size: 2, data: new Float32Array(2) } } }];
      const videos = [{ video: "v", classes: [0], rows: { image: { rows: 1, size: 3, data: new Float32Array(3) } } }];
      await withWorkers(tagger, { workers: 1 }, async (workers) => {
        for (const [kind, work] of [
          [ShapeError, (each) => each.tag(narrow)],
          [NotFiniteError, (each) => each.tag(videos)],
          [NotFiniteError, (each) => each.measure(videos)],
        ] as const satisfies [unknown, (each: TaggerWorkers | VideoTagger) => Promise<unknown>][]) {
          const [there, here] = [await failureOf(work(workers)), await failureOf(work(tagger))];
          expect(here).toBeInstanceOf(kind);
          expect(there).toBeInstanceOf(kind);
          expect(there.message).toBe(here.message);
        }
        const step = await workers.trainingStep();
        await expect(step.gradients(videos, { step: 5, random: new RandomStream(1) })).rejects.toThrow(
          "Training: the loss of step 5 is NaN. The first tensor that is not finite is the parameter head.bias [5]: NaN at [2]",
        );
        expect(await workers.tag([])).toEqual([]);
      });
    });

    test("encode a title once, whichever of them meets it", async () => {
      const written: string[] = [];
      const titleEncodingStore: TitleEncodingStore = {
        read: async () => undefined,
        write: async (title) => void written.push(title.join()),
      };
      const { config } = await smallVideoTagger(1);
      const tagger = new VideoTagger({ ...config, titleEncodingStores: { text: titleEncodingStore } });
      const dataset = memoryDataset(videosOf(tagger, 40, 2), tagger.labels);
      await withWorkers(tagger, { workers: 2 }, async (workers) => {
        await collect(workers.tagAll(dataset, { batchSize: 2 }));
        const different = new Set(written).size;
        expect(different).toBe(5);
        written.length = 0;
        await collect(workers.tagAll(dataset, { batchSize: 3 }));
        expect(written).toEqual([]);
      });
    });

    test("end while they work, when their user leaves", async () => {
      const tagger = await smallVideoTagger(1);
      const dataset = memoryDataset(videosOf(tagger, 60, 2), tagger.labels);
      await withWorkers(tagger, { workers: 2 }, async (workers) => {
        for await (const { video } of workers.tagAll(dataset, { batchSize: 2 })) {
          expect(video).toBe("video2_0");
          break;
        }
        const cut = workers.tagAll(dataset, { batchSize: 2 });
        await cut.next();
        const rest = expect(collect(cut)).rejects.toThrow(new WorkerError("The workers were closed."));
        await workers.close();
        await rest;
        await expect(workers.tag([{}])).rejects.toThrow(WorkerError);
      });
    });

    test("are not started with what cannot be used there", async () => {
      const { model, labels } = await smallVideoTagger(1);
      const threads = countThreads();
      const letters = new VideoTagger({ model, labels, texts: { text: letterPreprocessing() } });
      await expect(startWorkers(letters, { workers: 2 })).rejects.toThrow(
        "startWorkers: threads make an ErnieTokenizer of the vocabulary. The tagger has another one.",
      );
      const tagger = await smallVideoTagger(1);
      await expect(startWorkers(tagger, { workers: 0 })).rejects.toThrow(
        "startWorkers: workers must be a whole number from 1 to 64. Got 0.",
      );
      const loss = new URL("data:text/javascript,export default 3");
      const pool = await startWorkers(tagger, { workers: 2 });
      await expect(pool.trainingStep({ loss })).rejects.toThrow(
        new TypeError("data:text/javascript,export default 3: expected a loss as its default export."),
      );
      await pool.close();
      await vi.waitFor(() => expect(countThreads()).toBe(threads));
      expect(backend).toBe(tf.getBackend());
    });
  },
  ["wasm", "cpu"],
);

test("the thread that is done first gets what waits, after a failure too", async () => {
  const given: { thread: string; end: (error?: Error) => void }[] = [];
  const threadNamed = (thread: string): WorkerThread =>
    ({
      call: () =>
        new Promise((resolve, reject) => given.push({ thread, end: (error) => (error ? reject(error) : resolve([])) })),
    }) as unknown as WorkerThread;
  const pool = new TaggerWorkers(
    await smallVideoTagger(1),
    [threadNamed("a"), threadNamed("b")],
    threadNamed("reader"),
  );
  const calls = Array.from({ length: 5 }, () => pool.tag([]));
  const threads = () => given.map(({ thread }) => thread).join("");
  expect(threads()).toBe("ab");
  given[1]?.end();
  await vi.waitFor(() => expect(threads()).toBe("abb"));
  given[2]?.end(new RangeError("Too long."));
  await expect(calls[2]).rejects.toThrow("Too long.");
  await vi.waitFor(() => expect(threads()).toBe("abbb"));
  given[0]?.end();
  await vi.waitFor(() => expect(threads()).toBe("abbba"));
  for (const { end } of given) end();
  await Promise.all([calls[0], calls[1], calls[3], calls[4]]);
});

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error("It did not fail."),
    (error: Error) => error,
  );
}
