import { basename, resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { readRunMetrics } from "../formats/run-metrics.ts";
import { heldOutThresholds } from "../metrics/threshold-tuning.ts";
import { backendInUse } from "../node/backend.ts";
import { readBytes } from "../node/files.ts";
import { loadTagger, saveTagger } from "../node/tagger-folder.ts";
import { withWorkers } from "../node/workers/tagger-workers.ts";
import type { PaddleConfiguration } from "../paddle/paddle-configuration.ts";
import { describeTrainingLoss } from "../paddle/training-recipe.ts";
import { extremeVideos } from "../report/extreme-videos.ts";
import type { ConfigurationValue, ReportVideo, RunReport, VideoReasons } from "../report/run-report.ts";
import { videoLoss } from "../report/video-loss.ts";
import { writeRunScores } from "../runs/run-scores.ts";
import { writeReport } from "../runs/write-report.ts";
import { attendedRows } from "../tagging/attended-rows.ts";
import { tagInOrder } from "../tagging/batch-tagger.ts";
import { type ScoredDataset, scoreDataset } from "../tagging/scored-dataset.ts";
import type { TaggedVideo } from "../tagging/tagged-video.ts";
import { tuneTagger } from "../tagging/tuning.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { overfittingWarnings } from "../training/warnings.ts";
import type { TrainingRun } from "./training-run.ts";

/**
 * What is left to do when training is over: the best model scores the validation videos; thresholds of the best F1 a label
 * are tuned on these scores and saved with it; the scores and report.html are written. Doing it again changes nothing.
 */
export async function finishRun(run: TrainingRun): Promise<void> {
  const { folder, options, project } = run;
  const best = await loadTagger(folder.best);
  try {
    const fallback = project.configuration.infer?.threshold ?? 0.5;
    const scored = await withWorkers(best, run.workers, (tagger) => {
      return scoreDataset(tagger, options.valid, { batchSize: options.validBatchSize, maxRows: options.maxRows });
    });
    const goal = { kind: "best-f1" } as const;
    const { tagger, thresholds } = tuneTagger(best, scored, { goal, fallback });
    const videos = await reportVideos(run, best, scored);
    await saveTagger(tagger, folder.best);
    await writeRunScores(folder.path, { labels: best.labels, videos });
    const epochs = readRunMetrics(await readBytes(folder.metricsFile), { file: folder.metricsFile });
    const losses = epochs.map(({ loss, valid }) => ({ train: loss, valid: valid.loss }));
    const trainingLoss = describeTrainingLoss(project.configuration.train);
    const report: RunReport = {
      name: basename(resolve(folder.path)),
      configuration: describeConfiguration(project.configuration),
      environment: await describeEnvironment(run),
      epochs,
      labels: best.labels,
      thresholds: thresholds.map(({ threshold }) => threshold),
      heldOutThresholds: heldOutThresholds(scored.scores, goal, fallback),
      head: best.model.config.head,
      videos,
      warnings: [...((await folder.readWarnings()) ?? []), ...overfittingWarnings(losses)],
      ...(trainingLoss !== undefined && { trainingLoss }),
    };
    await writeReport(folder.report, report);
  } finally {
    best.dispose();
  }
}

/** The scored videos. Those that the report shows are tagged once more, and explained. */
async function reportVideos(
  { options, project }: TrainingRun,
  tagger: VideoTagger,
  { videos }: ScoredDataset,
): Promise<ReportVideo[]> {
  const { head } = tagger.model.config;
  const { worst, best } = extremeVideos(videos.map(({ classes, tagged }) => videoLoss(tagged.scores, classes, head)));
  const shown = options.valid.only(new Set([...worst, ...best].map((place) => videos[place]?.line as number)));
  const reasons = new Map<number, VideoReasons>();
  const explaining = { batchSize: options.validBatchSize, maxRows: options.maxRows, explain: true };
  for await (const { sample, tagged } of tagInOrder(tagger, shown, explaining)) {
    const { present, attention, explanation } = tagged as TaggedVideo & Required<Pick<TaggedVideo, "explanation">>;
    reasons.set(sample.line, { present, attention: attendedRows(attention, project.featureTiming), explanation });
  }
  return videos.map(({ line, video, title, classes, tagged: { scores } }) => {
    const own = reasons.get(line);
    return { video, title, classes, scores, ...(own && { reasons: own }) };
  });
}

/** The sections of a configuration, as resolved, without the keys that it leaves open. */
function describeConfiguration(configuration: PaddleConfiguration): RunReport["configuration"] {
  const sections: Record<string, Record<string, ConfigurationValue>> = {};
  for (const [section, values] of Object.entries(configuration)) {
    if (values === undefined) continue;
    const rows: Record<string, ConfigurationValue> = {};
    for (const [key, value] of Object.entries(values as Readonly<Record<string, unknown>>)) {
      if (value === undefined || value === null) continue;
      const isPlain = typeof value !== "object" || Array.isArray(value);
      rows[key] = isPlain ? (value as ConfigurationValue) : JSON.stringify(value);
    }
    sections[section] = rows;
  }
  return sections;
}

async function describeEnvironment({ folder }: TrainingRun): Promise<RunReport["environment"]> {
  const { seed, backend, datasets } = await folder.readManifest();
  return {
    "multimodal-video-tag": packageJson.version,
    tfjs: backendInUse().version,
    node: process.versions.node,
    backend,
    seed: String(seed),
    "training data": `${datasets.train.list}, ${datasets.train.videos} rows, ${datasets.train.sha256.slice(0, 16)}`,
    "validation data": `${datasets.valid.list}, ${datasets.valid.videos} rows, ${datasets.valid.sha256.slice(0, 16)}`,
  };
}
