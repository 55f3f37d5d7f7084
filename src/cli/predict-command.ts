import { NoVideosError, type SampledFrom } from "../data/video-dataset.ts";
import { withWorkers } from "../node/workers/tagger-workers.ts";
import { explainedPrediction } from "../paddle/explained-prediction.ts";
import { type PaddlePrediction, paddlePrediction } from "../paddle/paddle-prediction.ts";
import { PaddleProject } from "../project/paddle-project.ts";
import { partialName, printPredictions, writePredictions } from "../project/write-predictions.ts";
import type { FeatureTiming } from "../tagging/attended-rows.ts";
import { type BatchTagger, tagAll } from "../tagging/batch-tagger.ts";
import { describeSampled } from "../training/warnings.ts";
import {
  CHECKPOINT,
  CONFIG,
  computing,
  ENCODING_CACHE,
  MAX_ROWS,
  numberOfWorkers,
  type OptionsOf,
  type Program,
  positiveWholeNumber,
  probability,
  QUIET,
  startBackend,
  WORKERS,
} from "./command-line.ts";
import { interruptible } from "./interruption.ts";
import { reportFindings, reportSkipped } from "./skipped.ts";
import { quietTerminal, type Terminal } from "./terminal.ts";

/** What an output is called that is no file. */
const STANDARD_OUTPUT = "-";

const definition = (program: Program) =>
  computing(program, "predict", "Tag the [INFER] data of a configuration.")
    .requiredOption("--config <file>", CONFIG)
    .requiredOption("--checkpoint <path>", CHECKPOINT)
    .requiredOption("--output <file>", "the JSON file to write; - is standard output")
    .option(
      "--threshold <number>",
      "the probability that a label needs, instead of the checkpoint's or the configuration's",
      probability,
    )
    .option("--explain", "also write where in time the model looked, and what each modality added to each label")
    .option("--workers <number>", WORKERS, numberOfWorkers)
    .option("--max-rows <number>", MAX_ROWS, positiveWholeNumber)
    .option("--encoding-cache <folder>", ENCODING_CACHE)
    .option("--quiet", QUIET);

export function predictCommand(program: Program, terminal: Terminal): void {
  definition(program).action(async (options) => {
    await startBackend(options.backend);
    await interruptible((signal) => predict(options, options.quiet ? quietTerminal(terminal) : terminal, signal));
  });
}

/**
 * Tags the [INFER] data of a configuration and writes the original's JSON, with explanations behind its own keys if asked
 * to.
 *
 * @param signal ends the work after the video that is under way; then nothing is written
 */
export async function predict(
  {
    config,
    checkpoint,
    output,
    threshold: askedFor,
    explain: isExplained,
    encodingCache,
    workers = 1,
    maxRows: askedForRows,
  }: OptionsOf<typeof definition>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const explain = isExplained === true;
  const project = await PaddleProject.open(config, { encodingCache, signal });
  const { batchSize, list, threshold: configured } = project.section("infer");
  const dataset = await project.openDataset("infer");
  const tagger = await project.loadTagger(checkpoint);
  const tuned = typeof tagger.threshold === "number" ? undefined : tagger.threshold;
  const threshold = askedFor ?? tuned ?? configured;
  const bar = terminal.bar("predict", dataset.size);
  const maxRows = askedForRows ?? project.configuration.model.maxRows;
  const sampled: string[] = [];
  let done = 0;
  let failure: unknown;
  async function* predictions(of: BatchTagger): AsyncGenerator<PaddlePrediction> {
    try {
      for await (const { video, fileName, sampledFrom, ...tagged } of tagAll(of, dataset, {
        batchSize,
        explain,
        maxRows,
        signal,
      })) {
        signal.throwIfAborted();
        if (sampledFrom) sampled.push(describeSampled(fileName, sampledFrom, maxRows as number));
        const names = { video, fileName };
        const prediction = explain
          ? explainedPrediction(names, tagged, tagger.labels, threshold, timingOf(project.featureTiming, sampledFrom))
          : paddlePrediction(names, tagged.scores, tagger.labels, threshold);
        yield { ...prediction, ...(sampledFrom && { sampledFrom }) };
        bar.update(++done, fileName);
      }
      if (done === 0) throw new NoVideosError(dataset);
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    await withWorkers(tagger, workers, async (each) => {
      if (output !== STANDARD_OUTPUT) return writePredictions(output, predictions(each), signal);
      const count = await printPredictions(predictions(each), (text) => terminal.printJson(text));
      await terminal.printJson("\n");
      return count;
    });
  } catch (error) {
    // Where it is the writing that failed, nothing was kept.
    if (error === failure && done > 0 && !signal.aborted && output !== STANDARD_OUTPUT) {
      terminal.say(`${partialName(output)}: the ${done} videos before the failure.`);
    }
    throw error;
  } finally {
    bar.end();
    tagger.dispose();
  }
  reportFindings(project, dataset, terminal);
  for (const sentence of sampled) terminal.say(sentence);
  reportSkipped(dataset, list, terminal);
  terminal.say(`${output === STANDARD_OUTPUT ? "standard output" : output}: ${done} videos.`);
}

/** The times of rows are not known where rows were sampled. */
function timingOf(timing: FeatureTiming, sampledFrom: SampledFrom | undefined): FeatureTiming {
  return Object.fromEntries(Object.entries(timing).filter(([modality]) => sampledFrom?.[modality] === undefined));
}
