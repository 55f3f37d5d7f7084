import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { VideoTagger } from "../inference/video-tagger.ts";
import { asFileError, exists, expectWritable, FileError } from "../node/files.ts";
import { ReferenceProject } from "../node/reference-project.ts";
import { saveTagger } from "../node/tagger-folder.ts";
import { type TrainEpoch, train } from "../training/train.ts";
import { reportSkipped } from "./skipped.ts";
import { describeHits, percent, type Terminal } from "./terminal.ts";

export interface TrainCommandOptions {
  readonly config: string;
  readonly output: string;
  readonly checkpoint?: string;
  readonly epochs?: number;
  readonly encodingCache?: string;
}

/** What a run leaves in its folder. */
const LAST = "last";
const BEST = "best";
const METRICS = "metrics.jsonl";

/**
 * Trains as a configuration says. The output folder gets `last` and `best` (folders of saveTagger) and a line an epoch
 * in metrics.jsonl.
 *
 * @param signal ends training after the step that is under way
 */
export async function trainCommand(
  { config, output, checkpoint, epochs, encodingCache }: TrainCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  await expectNoRun(output);
  await expectWritable(output);
  const project = await ReferenceProject.open(config, { encodingCache });
  const datasets = { train: await project.openDataset("train"), valid: await project.openDataset("valid") };
  const tagger = await project.createTagger(checkpoint);
  try {
    const trainOptions = project.trainOptions({ listSize: datasets.train.size });
    const options = { ...trainOptions, ...(epochs && { epochs }), tagger, ...datasets };
    const startBar = (epoch: number) => terminal.bar(`epoch ${epoch + 1}/${options.epochs}`, datasets.train.size);
    let bar = startBar(0);
    let finished = 0;
    try {
      for await (const event of train(options)) {
        if (event.kind === "step") {
          bar.update(event.videos, `loss ${event.loss.toFixed(3)}, Hit@1 ${percent(event.hitAt1)}`);
        } else {
          bar.end();
          await saveEpoch(tagger, output, event);
          terminal.say(describeEpoch(event, options.epochs));
          finished = event.epoch + 1;
          if (!event.isLast) bar = startBar(finished);
          else if (finished < options.epochs) terminal.say(describeEarlyStop(options.earlyStop));
        }
        signal.throwIfAborted();
      }
    } finally {
      bar.end();
      if (signal.aborted) terminal.say(describeRest(output, finished));
    }
    reportSkipped(datasets.train, project.section("train").list, terminal);
    reportSkipped(datasets.valid, project.section("valid").list, terminal);
  } finally {
    tagger.dispose();
  }
}

/** A run that is there is not written over: it may be all that is left of hours of work. */
async function expectNoRun(output: string): Promise<void> {
  for (const name of [LAST, BEST, METRICS]) {
    if (await exists(join(output, name))) throw new FileError(output, "it holds a run already. Choose another folder.");
  }
}

function describeEarlyStop(earlyStop: number): string {
  return `Hit@1 has not become better for more than ${earlyStop} epochs: training ends here.`;
}

function describeRest(output: string, finished: number): string {
  return finished === 0 ? "No epoch was finished: nothing was saved." : `${output} holds what epoch ${finished} left.`;
}

async function saveEpoch(tagger: VideoTagger, output: string, event: TrainEpoch): Promise<void> {
  await saveTagger(tagger, join(output, LAST));
  if (event.isBest) await saveTagger(tagger, join(output, BEST));
  const { epoch, learningRate, loss, evaluation, isBest } = event;
  const line = {
    epoch: epoch + 1,
    learningRate,
    loss,
    valid: { loss: evaluation.loss, videos: evaluation.videos, hitAtK: Object.fromEntries(evaluation.hitAtK) },
    isBest,
  };
  const metrics = join(output, METRICS);
  try {
    await appendFile(metrics, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw asFileError(error, metrics);
  }
}

function describeEpoch({ epoch, loss, evaluation, isBest }: TrainEpoch, epochs: number): string {
  const numbers = `loss ${loss.toFixed(3)}; valid: loss ${evaluation.loss.toFixed(3)}, ${describeHits(evaluation.hitAtK)}`;
  return `epoch ${epoch + 1}/${epochs}: ${numbers}${isBest ? " (best so far)" : ""}`;
}
