import { basename, join, resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import type { ReferenceConfiguration } from "../formats/reference-configuration.ts";
import { readRunMetrics } from "../formats/run-metrics.ts";
import { scoreDataset } from "../inference/scored-dataset.ts";
import { tuneTagger } from "../inference/tuning.ts";
import type { ConfigurationValue, RunReport } from "../report/run-report.ts";
import { overfittingWarnings } from "../training/warnings.ts";
import { backendInUse } from "./backend.ts";
import { readBytes } from "./files.ts";
import { writeRunScores } from "./run-scores.ts";
import { loadTagger, saveTagger } from "./tagger-folder.ts";
import type { TrainingRun } from "./training-run.ts";
import { writeReport } from "./write-report.ts";

/**
 * What is left to do when training is over: the best model scores the validation videos; thresholds of the best F1 a label
 * are tuned on these scores and saved with it; the scores and report.html are written. Doing it again changes nothing.
 */
export async function finishRun(run: TrainingRun): Promise<void> {
  const { folder, options, project } = run;
  const best = await loadTagger(folder.best);
  try {
    const fallback = project.configuration.infer?.threshold ?? 0.5;
    const scored = await scoreDataset(best, options.valid, { batchSize: options.validBatchSize });
    const { tagger, thresholds } = tuneTagger(best, scored, { goal: { kind: "best-f1" }, fallback });
    const videos = scored.videos.map(({ video, title, classes, tagged: { scores, attention } }) => {
      return { video, title, classes, scores, attention };
    });
    await saveTagger(tagger, folder.best);
    await writeRunScores(folder.path, { labels: best.labels, videos });
    const epochs = readRunMetrics(await readBytes(folder.metricsFile), { file: folder.metricsFile });
    const losses = epochs.map(({ loss, valid }) => ({ train: loss, valid: valid.loss }));
    const report: RunReport = {
      name: basename(resolve(folder.path)),
      configuration: describeConfiguration(project.configuration),
      environment: await describeEnvironment(run),
      epochs,
      labels: best.labels,
      thresholds: thresholds.map(({ threshold }) => threshold),
      head: options.tagger.model.config.head,
      videos,
      warnings: [...((await folder.readWarnings()) ?? []), ...overfittingWarnings(losses)],
    };
    await writeReport(join(folder.path, "report.html"), report);
  } finally {
    best.dispose();
  }
}

/** The sections of a configuration, as resolved, without the keys that it leaves open. */
function describeConfiguration(configuration: ReferenceConfiguration): RunReport["configuration"] {
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
