import { Option } from "@commander-js/extra-typings";
import { MOST_UNKNOWN_LABELS } from "../data/list-findings.ts";
import { finishRun } from "../project/finish-run.ts";
import { isFaultOfData, TrainingRun } from "../project/training-run.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { isUnderWay } from "../training/train.ts";
import type { TaggerEpochEvent } from "../training/train-tagger.ts";
import { type EpochLosses, overfittingWarning } from "../training/warnings.ts";
import {
  CHECKPOINT,
  CONFIG,
  computing,
  ENCODING_CACHE,
  numberOfWorkers,
  outputName,
  type Program,
  positiveWholeNumber,
  QUIET,
  startBackend,
  WORKERS,
} from "./command-line.ts";
import { interruptible } from "./interruption.ts";
import { commandLine } from "./next-step.ts";
import { reportOtherVideos, reportSkipped } from "./skipped.ts";
import { describeAccuracy, percent, quietTerminal, type Terminal } from "./terminal.ts";

export function trainCommand(program: Program, terminal: Terminal): void {
  const command = computing(program, "train", "Train as a configuration says, or go on with a run.")
    .option("--config <file>", CONFIG)
    .option("--output <folder>", "the folder of a new run: its models, metrics and report", outputName)
    .option("--checkpoint <path>", `start from these parameters: ${CHECKPOINT}`)
    .addOption(
      new Option("--resume <folder>", "go on with this run, as if it had never stopped").conflicts([
        "config",
        "output",
        "checkpoint",
        "workers",
        "allowUnknownLabels",
      ]),
    )
    .option("--epochs <number>", "instead of the configuration's", positiveWholeNumber)
    .option("--workers <number>", `${WORKERS}; a run keeps their number`, numberOfWorkers)
    .option(
      "--allow-unknown-labels",
      `train although more than ${percent(MOST_UNKNOWN_LABELS)} of the labels are not in the class file`,
    )
    .option("--save-steps <number>", "keep the state every so many steps, not only after an epoch", positiveWholeNumber)
    .option("--encoding-cache <folder>", ENCODING_CACHE)
    .option("--quiet", QUIET);
  command.action(async ({ backend, quiet, resume, config, output, ...options }) => {
    let run: TrainRunOptions;
    if (resume !== undefined) run = { ...options, resume };
    else if (config === undefined) command.error("error: required option '--config <file>' not specified");
    else if (output === undefined) command.error("error: required option '--output <folder>' not specified");
    else run = { ...options, config, output };
    await startBackend(backend ?? (resume && (await new RunFolder(resume).readManifest()).backend));
    const where = quiet ? quietTerminal(terminal) : terminal;
    await interruptible(async (signal) => {
      for (const line of await trainRun(run, where, signal)) where.say(line);
    });
  });
}

/** A new run, or one to go on with. */
export type TrainRunOptions = (
  | {
      readonly config: string;
      readonly output: string;
      readonly checkpoint?: string;
      /** Threads that share the work. */
      readonly workers?: number;
      /** Trains although many labels are in no class. */
      readonly allowUnknownLabels?: boolean;
      readonly resume?: undefined;
    }
  | { readonly resume: string }
) & {
  readonly epochs?: number;
  /** Steps after which the state is kept, beside the end of each epoch. */
  readonly saveSteps?: number;
  readonly encodingCache?: string;
};

/**
 * Trains as a configuration says, into the folder of a run. Whenever it ends, `resume` goes on with the run as if it
 * had not.
 *
 * @param signal ends training after the step that is under way
 * @returns what to do with the finished run, for people: lines
 */
export async function trainRun(options: TrainRunOptions, terminal: Terminal, signal: AbortSignal): Promise<string[]> {
  const { epochs, encodingCache } = options;
  const isNew = options.resume === undefined;
  const run = await (isNew
    ? TrainingRun.prepare({ ...options, signal })
    : TrainingRun.reopen(options.resume, { epochs, encodingCache, signal }));
  try {
    for (const note of run.notes) terminal.say(note);
    if (!isNew) terminal.say(describePlace(run));
    await follow(run, options.saveSteps, terminal, signal);
    await finishRun(run);
    for (const dataset of [run.options.train, run.options.valid]) reportOtherVideos(dataset, terminal);
    reportSkipped(run.options.train, run.project.section("train").list, terminal);
    reportSkipped(run.options.valid, run.project.section("valid").list, terminal);
    return nextSteps(run);
  } finally {
    await run.dispose();
  }
}

async function follow(
  run: TrainingRun,
  saveSteps: number | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { state, epochs, earlyStop, train } = run.options;
  const startBar = () => terminal.bar(`epoch ${state.progress.epoch + 1}/${epochs}`, train.size);
  let bar = startBar();
  const losses: EpochLosses[] = [];
  const runSecondsLeft = runClock(run);
  try {
    for await (const event of run.events({ saveSteps })) {
      if (event.kind === "step") {
        const known = `loss ${event.loss.toFixed(3)}, Hit@1 ${percent(event.hitAt1)}`;
        bar.update(event.examples, known, runSecondsLeft());
      } else if (event.kind === "warnings") {
        for (const warning of event.warnings) terminal.say(`Warning: ${warning}`);
      } else {
        bar.end();
        terminal.say(describeEpoch(event, epochs));
        losses.push({ train: event.loss, valid: event.evaluation.loss });
        const overfitting = overfittingWarning(losses);
        if (overfitting !== undefined) terminal.say(`Warning: ${overfitting}`);
        if (!event.isLast) bar = startBar();
        else if (state.progress.epoch < epochs) terminal.say(describeEarlyStop(earlyStop));
      }
      signal.throwIfAborted();
    }
  } catch (error) {
    if (isFaultOfData(error)) terminal.say(describeRest(run));
    throw error;
  } finally {
    bar.end();
    if (signal.aborted) {
      await run.saveState();
      terminal.say(describeRest(run));
    }
  }
}

/** How long the rest of a run takes at the pace so far, its validation included. An early stop would make it shorter. */
function runClock({ options: { state, epochs, train } }: TrainingRun): () => number {
  const videosDone = () => state.progress.epoch * train.size + state.progress.examples;
  const [begin, before] = [performance.now(), videosDone()];
  return () => {
    const secondsAVideo = (performance.now() - begin) / 1000 / (videosDone() - before);
    return secondsAVideo * (epochs * train.size - videosDone());
  };
}

function nextSteps({ folder, project }: TrainingRun): string[] {
  const checkpoint = ["--config", project.file, "--checkpoint", folder.best];
  const isForPrediction = project.configuration.infer !== undefined;
  const next = isForPrediction
    ? ["predict", ...checkpoint, "--output", "predictions.json"]
    : ["evaluate", ...checkpoint];
  return [
    `${folder.best}: the best model. What it does well and badly: ${folder.report}`,
    `Next: ${commandLine(...next)}`,
  ];
}

function describePlace({ folder, options }: TrainingRun): string {
  const { epoch, step } = options.state.progress;
  if (!isUnderWay(options, options.state)) return `${folder.path}: it is over, after epoch ${epoch} and ${step} steps.`;
  return `${folder.path}: going on in epoch ${epoch + 1}, after ${step} steps.`;
}

function describeRest({ folder, options }: TrainingRun): string {
  const { step } = options.state.progress;
  if (step === 0) return "No step was done: nothing was saved.";
  return `Kept after ${step} steps. To go on: ${commandLine("train", "--resume", folder.path)}`;
}

function describeEarlyStop(earlyStop: number): string {
  return `No epoch was better (by Hit@1, then mAP, then loss) for more than ${earlyStop} epochs: training ends here.`;
}

function describeEpoch({ epoch, loss, evaluation, isBest }: TaggerEpochEvent, epochs: number): string {
  const numbers = `loss ${loss.toFixed(3)}; valid: loss ${evaluation.loss.toFixed(3)}, ${describeAccuracy(evaluation)}`;
  return `epoch ${epoch + 1}/${epochs}: ${numbers}${isBest ? " (best so far)" : ""}`;
}
