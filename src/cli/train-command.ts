import { finishRun } from "../project/finish-run.ts";
import { isFaultOfData, TrainingRun } from "../project/training-run.ts";
import { isUnderWay } from "../training/train.ts";
import type { TaggerEpochEvent } from "../training/train-tagger.ts";
import { type EpochLosses, overfittingWarning } from "../training/warnings.ts";
import { commandLine } from "./next-step.ts";
import { reportOtherVideos, reportSkipped } from "./skipped.ts";
import { describeAccuracy, percent, type Terminal } from "./terminal.ts";

/** A new run, or one to go on with. */
export type TrainCommandOptions = (
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
export async function trainCommand(
  options: TrainCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string[]> {
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
