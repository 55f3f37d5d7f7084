import { appendFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Evaluation } from "../inference/evaluation.ts";
import type { VideoTagger } from "../inference/video-tagger.ts";
import { FileError } from "../node/files.ts";
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
}

/**
 * Trains as a configuration says. The output folder gets `last` and `best` (folders of saveTagger) and a line a epoch
 * in metrics.jsonl.
 *
 * @param signal ends training after the step that is under way
 * @returns the evaluation of the last epoch, or undefined when none was finished
 */
export async function trainCommand(
  { config, output, checkpoint, epochs }: TrainCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Evaluation | undefined> {
  await expectNoRun(output);
  const project = await ReferenceProject.open(config);
  const datasets = { train: await project.openDataset("train"), valid: await project.openDataset("valid") };
  const tagger = checkpoint === undefined ? await project.createTagger() : await project.loadTagger(checkpoint);
  try {
    const trainOptions = project.trainOptions({ listSize: datasets.train.size });
    const options = { ...trainOptions, ...(epochs && { epochs }), tagger, ...datasets };
    let bar = terminal.bar("epoch 1", datasets.train.size);
    let last: Evaluation | undefined;
    try {
      for await (const event of train(options)) {
        if (event.kind === "step") {
          bar.update(event.videos, `loss ${event.loss.toFixed(3)}, Hit@1 ${percent(event.hitAt1)}`);
        } else {
          bar.end();
          await saveEpoch(tagger, output, event);
          terminal.say(describeEpoch(event, options.epochs));
          last = event.evaluation;
          if (!event.isLast) bar = terminal.bar(`epoch ${event.epoch + 2}`, datasets.train.size);
        }
        if (signal.aborted) break;
      }
    } finally {
      bar.end();
    }
    reportSkipped(datasets.train, project.section("train").list, terminal);
    reportSkipped(datasets.valid, project.section("valid").list, terminal);
    return last;
  } finally {
    tagger.dispose();
  }
}

/** A run that is there is not written over: it may be all that is left of hours of work. */
async function expectNoRun(output: string): Promise<void> {
  const found = await stat(join(output, "last")).catch(() => undefined);
  if (found !== undefined) throw new FileError(output, "it holds a run already. Choose another folder.");
}

async function saveEpoch(tagger: VideoTagger, output: string, event: TrainEpoch): Promise<void> {
  await saveTagger(tagger, join(output, "last"));
  if (event.isBest) await saveTagger(tagger, join(output, "best"));
  const { epoch, learningRate, loss, evaluation, isBest } = event;
  const line = {
    epoch: epoch + 1,
    learningRate,
    loss,
    valid: { loss: evaluation.loss, videos: evaluation.videos, hitAtK: Object.fromEntries(evaluation.hitAtK) },
    isBest,
  };
  await appendFile(join(output, "metrics.jsonl"), `${JSON.stringify(line)}\n`);
}

function describeEpoch({ epoch, loss, evaluation, isBest }: TrainEpoch, epochs: number): string {
  const numbers = `loss ${loss.toFixed(3)}; valid: loss ${evaluation.loss.toFixed(3)}, ${describeHits(evaluation.hitAtK)}`;
  return `epoch ${epoch + 1}/${epochs}: ${numbers}${isBest ? " (best so far)" : ""}`;
}
