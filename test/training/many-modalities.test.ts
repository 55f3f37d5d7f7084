import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { readState } from "../../src/core/state.ts";
import { loadTagger, saveTagger } from "../../src/node/tagger-folder.ts";
import { startWorkers } from "../../src/node/workers/tagger-workers.ts";
import { exportTagger } from "../../src/onnx/tagger-file.ts";
import { explainedPrediction } from "../../src/paddle/explained-prediction.ts";
import type { ReportVideo } from "../../src/report/run-report.ts";
import { videosSection } from "../../src/report/videos-section.ts";
import { attendedRows } from "../../src/tagging/attended-rows.ts";
import { scoreDataset } from "../../src/tagging/scored-dataset.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { type TaggerEpochEvent, type TrainTaggerOptions, trainTagger } from "../../src/training/train-tagger.ts";
import { createTrainingState } from "../../src/training/training-state.ts";
import { describeOnBackends } from "../support/backends.ts";
import { LABELS, manyModalitiesDataset, manyModalitiesTagger } from "../support/many-modalities.ts";
import { OnnxSession } from "../support/onnx-session.ts";
import { onnxVideos } from "../support/onnx-videos.ts";
import { smallRunReport } from "../support/small-run-report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectClose, expectNoLeak } from "../support/tensors.ts";
import { goOnFrom, type Moment, momentOf } from "../support/training-moment.ts";

const MODALITIES = ["frames", "objects", "sound", "clip", "title", "written"];

type Training = TrainTaggerOptions & { readonly state: ReturnType<typeof createTrainingState> };

async function fresh(seed: number): Promise<Training> {
  const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 1e-5 });
  const tagger = await manyModalitiesTagger(seed);
  return {
    ...{ tagger, optimizer, state: createTrainingState(tagger.model, { optimizer }), schedule: () => 0.02 },
    ...{ train: manyModalitiesDataset(72, 1), valid: manyModalitiesDataset(40, 2) },
    ...{ epochs: 6, batchSize: 12, validBatchSize: 12, topN: [1], earlyStop: 9, seed: 3, modalityDropRate: 0.2 },
  };
}

async function trained(training: Training): Promise<TaggerEpochEvent[]> {
  const epochs: TaggerEpochEvent[] = [];
  for await (const event of trainTagger(training)) if (event.kind === "epoch") epochs.push(event);
  return epochs;
}

async function samplesOf(tagger: VideoTagger) {
  const samples = [];
  for await (const sample of manyModalitiesDataset(20, 4).samples(tagger.sampleOptions)) samples.push(sample);
  return samples;
}

describeOnBackends("a tagger of two pictures, a sound, a vector and two texts, of a JSON description", () => {
  test("learns from videos that each lack something, and goes by its names everywhere", async () => {
    const training = await fresh(1);
    const { tagger } = training;
    const epochs = await trained(training);
    const [first, last] = [epochs[0] as TaggerEpochEvent, epochs.at(-1) as TaggerEpochEvent];
    expect(last.loss).toBeLessThan(0.5 * first.loss);
    expect(last.evaluation.hitAtK.get(1)).toBeGreaterThan(0.8);

    const samples = await samplesOf(tagger);
    await expectNoLeak(() => tagger.tag(samples, { explain: true }));
    const tagged = await tagger.tag(samples, { explain: true });
    expect(new Set(tagged.flatMap(({ present }) => present))).toEqual(new Set(MODALITIES));
    for (const [index, { present, attention, explanation, logits }] of tagged.entries()) {
      const [alone] = await tagger.tag([samples[index] ?? {}]);
      expectClose(alone?.logits ?? [], logits, 1e-5, `video ${index}`);
      expect(Object.keys(attention)).toEqual(["frames", "objects"].filter((name) => present.includes(name)));
      const { bias = [], contributions = {} } = explanation ?? {};
      expect(Object.keys(contributions)).toEqual(MODALITIES);
      for (const name of MODALITIES) {
        const isMasked = name !== "sound" && name !== "title" && !present.includes(name);
        expect(contributions[name]?.every((share) => share === 0)).toBe(isMasked);
      }
      const sums = Array.from(bias, (own, label) => {
        return Object.values(contributions).reduce((sum, shares) => sum + (shares[label] as number), own);
      });
      expectClose(sums, logits, 1e-5, "logits");
    }
    tf.dispose([...training.state.optimizer.values()]);
    tagger.dispose();
  });

  test("is saved and loaded bit for bit, tags in pieces, and explains itself in the report", async () => {
    const [tagger, folder] = [await manyModalitiesTagger(1), temporaryFolder()];
    await saveTagger(tagger, folder);
    const loaded = await loadTagger(folder);
    expect(await readState(loaded.model)).toEqual(await readState(tagger.model));
    const samples = await samplesOf(tagger);
    const tagged = await tagger.tag(samples, { explain: true });
    expect(await loaded.tag(samples, { explain: true })).toEqual(tagged);
    const pieces = await new VideoTagger({ ...tagger.config, memoryBudget: 1 }).tag(samples, { explain: true });
    for (const [index, { logits, attention }] of pieces.entries()) {
      expectClose(logits, tagged[index]?.logits ?? [], 1e-5, `video ${index}`);
      expect(Object.keys(attention)).toEqual(Object.keys(tagged[index]?.attention ?? {}));
    }

    const scored = await scoreDataset(tagger, manyModalitiesDataset(6, 4), { batchSize: 4 });
    const videos = scored.videos.map(({ video, title, classes, tagged: { scores } }, index): ReportVideo => {
      const { present, attention, explanation } = tagged[index] as Required<(typeof tagged)[number]>;
      const reasons = { present, attention: attendedRows(attention, {}), explanation };
      return { video, title, classes, scores, reasons };
    });
    const report = { ...smallRunReport({ videos: 0, labels: 3, epochs: 1 }), labels: LABELS, videos };
    const { markup } = videosSection(
      report,
      videos.map((_, index) => index),
    );
    for (const name of MODALITIES) expect(markup).toMatch(new RegExp(`${name}( \\(absent\\))? [+−]`));
    for (const name of ["Frames", "Objects"]) expect(markup).toContain(`<p>${name}: `);
    const explained = explainedPrediction({ video: "v", fileName: "v" }, tagged[0] as (typeof tagged)[0], LABELS, 0);
    expect(explained.contributions.map(([, shares]) => Object.keys(shares))).toEqual(
      LABELS.map(() => ["bias", ...MODALITIES]),
    );
    tagger.dispose();
    loaded.dispose();
  });
}, ["cpu", "wasm"]);

describeOnBackends("the same on wasm", () => {
  test("gives the same in onnxruntime", async () => {
    const tagger = await manyModalitiesTagger(2);
    const samples = await samplesOf(tagger);
    const session = await OnnxSession.open(exportTagger(tagger));
    expect([...session.session.inputNames].sort()).toEqual(
      MODALITIES.flatMap((name) => [name, `${name}_length`]).sort(),
    );
    const outputs = await session.run(onnxVideos(tagger, samples));
    const tagged = await tagger.tag(samples);
    expectClose(
      outputs["logits"]?.data ?? [],
      tagged.flatMap(({ logits }) => [...logits]),
      1e-5,
      "logits",
    );
    expectClose(
      outputs["scores"]?.data ?? [],
      tagged.flatMap(({ scores }) => [...scores]),
      1e-5,
      "scores",
    );
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(["frames_attention", "objects_attention", "written_attention"]),
    );
    await session.release();
    tagger.dispose();
  });

  test.each([1, 2])("goes on from any moment bit for bit, with %d threads", async (count) => {
    const run = async (training: Training, until: number): Promise<Moment> => {
      const workers = count === 1 ? undefined : await startWorkers(training.tagger, { workers: count });
      try {
        for await (const event of trainTagger({ ...training, ...(workers && { workers }) })) {
          if (event.kind === "step" && training.state.progress.step === until) break;
        }
        return await momentOf(training.tagger.model, training.state);
      } finally {
        await workers?.close();
      }
    };
    const whole = await run(await fresh(5), 11);
    const half = await run(await fresh(5), 4);
    const again = await fresh(6);
    goOnFrom(half, again.tagger.model, again.state);
    expect(await run(again, 11)).toEqual(whole);
  });
}, ["wasm"]);
