import { Option } from "@commander-js/extra-typings";
import { NoVideosError } from "../data/video-dataset.ts";
import { CalibrationError } from "../metrics/calibration-error.ts";
import { PrecisionRecallF1 } from "../metrics/precision-recall-f1.ts";
import type { ScoreTable } from "../metrics/score-table.ts";
import { expectWritable } from "../node/files.ts";
import { saveTagger } from "../node/tagger-folder.ts";
import { PaddleProject } from "../project/paddle-project.ts";
import { scoreDataset } from "../tagging/scored-dataset.ts";
import { tuneTagger } from "../tagging/tuning.ts";
import {
  CHECKPOINT,
  CONFIG,
  computing,
  type OptionsOf,
  outputName,
  type Program,
  probability,
  startBackend,
} from "./command-line.ts";
import { reportFindings, reportSkipped } from "./skipped.ts";
import { percent, type Terminal } from "./terminal.ts";

const definition = (program: Program) =>
  computing(program, "tune", "Tune a checkpoint's thresholds on the [VALID] data of a configuration.")
    .requiredOption("--config <file>", CONFIG)
    .requiredOption("--checkpoint <path>", CHECKPOINT)
    .requiredOption("--output <folder>", "where the tuned model goes; the checkpoint's own folder will do", outputName)
    .option("--precision <number>", "the precision that each label shall have (default: the best F1)", probability)
    .addOption(
      new Option("--calibrate <kind>", "make scores that come true as often as they say").choices([
        "temperature",
        "platt",
      ] as const),
    );

export function tuneCommand(program: Program, terminal: Terminal): void {
  definition(program).action(async (options) => {
    await startBackend(options.backend);
    await tune(options, terminal);
  });
}

/**
 * Tunes a checkpoint's thresholds on the [VALID] data of a configuration, calibrates its scores if asked to, and saves
 * both with it.
 */
async function tune(options: OptionsOf<typeof definition>, terminal: Terminal): Promise<void> {
  const { output, precision, calibrate } = options;
  await expectWritable(output);
  const project = await PaddleProject.open(options.config);
  const { batchSize, list } = project.section("valid");
  const dataset = await project.openDataset("valid");
  const tagger = await project.loadTagger(options.checkpoint);
  try {
    const scored = await scoreDataset(tagger, dataset, { batchSize, maxRows: project.configuration.model.maxRows });
    if (scored.videos.length === 0) throw new NoVideosError(dataset);
    const goal = precision === undefined ? ({ kind: "best-f1" } as const) : ({ kind: "precision", precision } as const);
    const fallback = project.configuration.infer?.threshold ?? 0.5;
    const tuned = tuneTagger(tagger, scored, { goal, calibrate, fallback });
    await saveTagger(tuned.tagger, output);
    const before = tagger.threshold;
    const thresholds = tuned.thresholds.map(({ threshold }) => threshold);
    terminal.say(`before: ${describeQuality(scored.scores, before)}`);
    terminal.say(`after:  ${describeQuality(tuned.scores, thresholds)}`);
    const kept = tuned.thresholds.filter((each) => !each.tuned).length;
    if (kept > 0)
      terminal.say(`${kept} of ${thresholds.length} labels keep the threshold ${fallback}: nothing to tune it on.`);
    reportFindings(project, dataset, terminal);
    reportSkipped(dataset, list, terminal);
    terminal.say(`${output}: tuned on ${scored.videos.length} videos.`);
  } finally {
    tagger.dispose();
  }
}

function describeQuality(scores: ScoreTable, threshold: number | readonly number[]): string {
  const figures = new PrecisionRecallF1(scores.numClasses, threshold);
  const calibration = new CalibrationError();
  for (const { scores: own, trueClasses } of scores) {
    figures.add(own, trueClasses);
    calibration.add(own, trueClasses);
  }
  const { micro, macro } = figures.result();
  return (
    `precision ${percent(micro.precision)}, recall ${percent(micro.recall)}, F1 ${percent(micro.f1)} ` +
    `(mean of the labels ${percent(macro.f1)}), calibration error ${calibration.result().error.toFixed(4)}`
  );
}
