import { join } from "node:path";
import { saveTagger } from "../node/tagger-folder.ts";
import { withWorkers } from "../node/workers/tagger-workers.ts";
import { savePaddleCheckpoint } from "../project/paddle-checkpoint.ts";
import { PaddleProject } from "../project/paddle-project.ts";
import type { BatchTagger } from "../tagging/batch-tagger.ts";
import { evaluateTagger } from "../tagging/evaluation.ts";
import {
  CHECKPOINT,
  CONFIG,
  computing,
  ENCODING_CACHE,
  MAX_ROWS,
  numberOfWorkers,
  type OptionsOf,
  outputName,
  type Program,
  positiveWholeNumber,
  startBackend,
  WORKERS,
} from "./command-line.ts";
import { reportFindings, reportSkipped, skippedAsJson } from "./skipped.ts";
import { describeAccuracy, percent, type Terminal } from "./terminal.ts";

const definition = (program: Program) =>
  computing(program, "evaluate", "Measure a checkpoint on the [VALID] data of a configuration.")
    .requiredOption("--config <file>", CONFIG)
    .requiredOption("--checkpoint <path>", CHECKPOINT)
    .option("--json", "print JSON")
    .option("--workers <number>", WORKERS, numberOfWorkers)
    .option("--max-rows <number>", MAX_ROWS, positiveWholeNumber)
    .option("--encoding-cache <folder>", ENCODING_CACHE)
    .option(
      "--save-inference-model <folder>",
      "also save the model for prediction: ours, and Paddle's params",
      outputName,
    )
    .option("--save-only", "only save it");

export function evaluateCommand(program: Program, terminal: Terminal): void {
  const command = definition(program);
  command.action(async (options) => {
    if (options.saveOnly && options.saveInferenceModel === undefined) {
      command.error("error: option '--save-only' needs '--save-inference-model <folder>'");
    }
    await startBackend(options.backend);
    await evaluate(options, terminal);
  });
}

/**
 * Measures a checkpoint on the [VALID] data of a configuration, and converts it: the inference folder holds a tagger
 * of ours, and `params` as the original has it.
 */
async function evaluate(
  {
    config,
    checkpoint,
    json,
    saveInferenceModel,
    saveOnly,
    encodingCache,
    workers = 1,
    maxRows,
  }: OptionsOf<typeof definition>,
  terminal: Terminal,
): Promise<void> {
  const project = await PaddleProject.open(config, { encodingCache });
  const tagger = await project.loadTagger(checkpoint);
  try {
    if (!saveOnly) {
      const text = await withWorkers(tagger, workers, (each) => {
        return measure(project, each, { json: json ?? false, maxRows }, terminal);
      });
      await (json ? terminal.printJson(text) : terminal.print(text));
    }
    if (saveInferenceModel !== undefined) {
      await saveTagger(tagger, saveInferenceModel);
      await savePaddleCheckpoint(tagger.model, join(saveInferenceModel, "params"));
      terminal.say(`${saveInferenceModel}: the inference model is there.`);
    }
  } finally {
    tagger.dispose();
  }
}

async function measure(
  project: PaddleProject,
  tagger: BatchTagger,
  { json, maxRows }: { readonly json: boolean; readonly maxRows: number | undefined },
  terminal: Terminal,
): Promise<string> {
  const { batchSize, list } = project.section("valid");
  const dataset = await project.openDataset("valid");
  const { topN, maxRows: configured } = project.configuration.model;
  const evaluation = await evaluateTagger(tagger, dataset, { batchSize, topN, maxRows: maxRows ?? configured });
  if (json) {
    const figures = { ...evaluation, hitAtK: Object.fromEntries(evaluation.hitAtK) };
    const { findings, skipped } = dataset;
    return `${JSON.stringify({ ...figures, findings, skipped: skippedAsJson(skipped) }, null, 2)}\n`;
  }
  reportFindings(project, dataset, terminal);
  reportSkipped(dataset, list, terminal);
  const { videos, loss, globalAveragePrecision, microF1 } = evaluation;
  const more = `GAP ${percent(globalAveragePrecision)}, F1 ${percent(microF1)}`;
  return `${videos} videos, loss ${loss.toFixed(6)} a video, ${describeAccuracy(evaluation)}, ${more}\n`;
}
