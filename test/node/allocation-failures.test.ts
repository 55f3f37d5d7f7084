import * as tf from "@tensorflow/tfjs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BackendFailedError, BackendMemoryError } from "../../src/core/errors.ts";
import { type ParameterValues, readState } from "../../src/core/state.ts";
import { rebuildBackend } from "../../src/core/wasm-guard.ts";
import { registerKernels, unregisterKernels } from "../../src/kernels/index.ts";
import { loadTagger, saveTagger } from "../../src/node/tagger-folder.ts";
import type { VideoFeatures } from "../../src/tagging/tagger-inputs.ts";
import type { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { trainTagger } from "../../src/training/train-tagger.ts";
import { folderContent } from "../support/folder-content.ts";
import { learnableVideos, memoryDataset } from "../support/memory-dataset.ts";
import { smallVideos, smallVideoTagger } from "../support/small-video-tagger.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";
import { valuesInMemory, WasmAllocations } from "../support/wasm-memory.ts";

/** What is done with a tagger: in one batch, of a video in pieces; `train` does a step and measures once. */
const WORKS: Readonly<Record<string, (tagger: VideoTagger) => Promise<unknown>>> = {
  tag: (tagger) => tagger.tag(smallVideos(), { explain: true }),
  measure: (tagger) =>
    tagger.measure(smallVideos().map((video, index) => ({ ...video, video: `${index}`, classes: [index] }))),
  async pieces(tagger) {
    const { video } = await tagger.inputs.prepareLong(smallVideos()[0] as VideoFeatures);
    try {
      tf.dispose(await tagger.model.forwardInPieces(video, { pieceRows: 2 }));
    } finally {
      tf.dispose(video.texts);
    }
  },
  async train(tagger) {
    const [training, validation] = [1, 2].map((seed) => {
      const videos = learnableVideos(4, tagger.labels, seed).map((video) => ({ ...video, title: "猫 dog" }));
      return memoryDataset(videos, tagger.labels);
    }) as [ReturnType<typeof memoryDataset>, ReturnType<typeof memoryDataset>];
    const events: unknown[] = [];
    const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 1e-5 });
    const sizes = { epochs: 1, batchSize: 4, validBatchSize: 4, topN: [1], earlyStop: 1, seed: 3 };
    const given = { tagger, train: training, valid: validation, optimizer, schedule: () => 0.01, maxGradientNorm: 1 };
    for await (const event of trainTagger({ ...given, ...sizes })) events.push(event);
    return events;
  },
};

/**
 * How many tensors a training step may leave behind when an allocation fails in it. The tape keeps copies of an operation's inputs;
 * when TensorFlow.js cannot make one, it leaves those of the inputs before. The recurrence's gradient has the most inputs, 12.
 */
const MOST_LEFT_OF_A_STEP = 12;

/** How many of a work's allocations npm test lets fail, spread evenly over all. */
const QUICK = 8;

describe.each([false, true])("an allocation on wasm that fails (kernels: %s)", (hasKernels) => {
  const folder = temporaryFolder(whenSuiteIsOver());
  let allocations: WasmAllocations;
  let saved: Record<string, string>;
  let parameters: Map<string, ParameterValues>;

  beforeAll(async () => {
    allocations = await WasmAllocations.start();
    const tagger = await smallVideoTagger(5);
    await saveTagger(tagger, folder);
    parameters = await readState(tagger.model);
    saved = folderContent(folder);
    tagger.dispose();
    if (hasKernels) registerKernels();
  });

  afterEach(() => {
    allocations.failAt(undefined);
  });

  afterAll(async () => {
    unregisterKernels();
    await allocations.end();
  });

  /** A tagger on a fresh backend. */
  async function freshTagger(): Promise<VideoTagger> {
    allocations.failAt(undefined);
    await rebuildBackend();
    return loadTagger(folder);
  }

  /** How many allocations a work makes on a fresh backend. */
  async function countOf(work: (tagger: VideoTagger) => Promise<unknown>): Promise<number> {
    const tagger = await freshTagger();
    allocations.failAt(undefined);
    await work(tagger);
    const { count } = allocations;
    tagger.dispose();
    return count;
  }

  /** Lets an allocation of a work fail, and looks at what is left. */
  async function expectRefusal(name: string, number: number): Promise<void> {
    const place = `allocation ${number} of ${name}`;
    const work = WORKS[name] as (tagger: VideoTagger) => Promise<unknown>;
    const tagger = await freshTagger();
    const { numTensors } = tf.memory();
    allocations.failAt(number);
    const problem = await work(tagger).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(problem, place).toBeInstanceOf(BackendMemoryError);
    expect((problem as Error).message, place).toMatch(
      /^The wasm backend has no \d+ bytes of memory left\. Smaller batches or shorter videos need less\.$/,
    );
    const left = tf.memory().numTensors - numTensors;
    expect(left, place).toBeLessThanOrEqual(name === "train" ? MOST_LEFT_OF_A_STEP : 0);
    expect(left, place).toBeGreaterThanOrEqual(0);
    // A step that failed may have changed some parameters already. Nobody can take them for a whole.
    if (name !== "train") {
      for (const [path, variable] of tagger.model.parameters()) {
        expect(valuesInMemory(variable), `${path} after ${place}`).toEqual(parameters.get(path)?.data);
      }
    }
    await expect(readState(tagger.model), place).rejects.toThrow(BackendFailedError);
    await expect(saveTagger(tagger, folder), place).rejects.toThrow("must be made anew");
    await expect(tagger.tag(smallVideos()), place).rejects.toThrow(BackendFailedError);
    expect(folderContent(folder), place).toEqual(saved);
    tagger.dispose();
  }

  describe.each(Object.keys(WORKS))("%s", (name) => {
    test("gives a sentence, and what is saved is whole", async () => {
      const count = await countOf(WORKS[name] as (tagger: VideoTagger) => Promise<unknown>);
      expect(count).toBeGreaterThan(QUICK);
      for (let index = 0; index < QUICK; index++) {
        await expectRefusal(name, 1 + Math.floor((index * (count - 1)) / (QUICK - 1)));
      }
    });

    test("does so wherever it fails", { tags: ["slow"], timeout: 1_200_000 }, async () => {
      const count = await countOf(WORKS[name] as (tagger: VideoTagger) => Promise<unknown>);
      for (let number = 1; number <= count; number++) await expectRefusal(name, number);
    });
  });

  test("a tagger is saved without an allocation, and what was saved before is loaded anew", async () => {
    expect(await countOf((tagger) => saveTagger(tagger, folder))).toBe(0);
    const tagger = await freshTagger();
    expect(await readState(tagger.model)).toEqual(parameters);
    tagger.dispose();
  });
});
