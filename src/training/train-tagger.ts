import { expectOptions } from "../core/options.ts";
import { NoVideosError, type SampleOptions, type VideoDataset, type VideoSample } from "../data/video-dataset.ts";
import { type Evaluation, evaluateTagger } from "../tagging/evaluation.ts";
import { mostRows } from "../tagging/memory-budget.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { epochFigures, isBetterEpoch } from "./epoch-comparison.ts";
import { type TaggerStepOptions, taggerStep } from "./tagger-step.ts";
import { type EpochEvent, RULE_KINDS, type StepEvent, type TrainingRules, train } from "./train.ts";
import type { TrainingData } from "./training-data.ts";

export interface TrainTaggerOptions extends TrainingRules, TaggerStepOptions {
  readonly tagger: VideoTagger;
  readonly train: VideoDataset;
  /** What each epoch is measured on. */
  readonly valid: VideoDataset;
  /** Changes nothing but speed and memory. Default: batchSize. */
  readonly validBatchSize?: number;
  /** The k of Hit@k. Hit@1 is measured whether it is listed or not: epochs are compared by it first. Default: it alone. */
  readonly topN?: readonly number[];
  /**
   * The most rows of each modality that a training video has: of a longer one so many rows, evenly sampled. Default: as many
   * as fit into the tagger's budget of memory. Validation videos are sampled only where it is given: they are measured in pieces.
   */
  readonly maxRows?: number | undefined;
}

/** After each batch. */
export interface TaggerStepEvent extends StepEvent {
  /** Hit@1 on this epoch's training videos so far, as they were when the model saw them. */
  readonly hitAt1: number;
}

/** After each epoch. The best so far is the one of the highest Hit@1, of equal ones of the highest mAP, then of the lowest loss. */
export interface TaggerEpochEvent extends EpochEvent {
  readonly evaluation: Evaluation;
}

/**
 * Trains a tagger as `train` trains any model. Each epoch is measured on the validation videos.
 *
 * @throws NoVideosError when no training or no validation video can be read; NotFiniteError when the loss is NaN or infinite
 */
export async function* trainTagger(options: TrainTaggerOptions): AsyncGenerator<TaggerStepEvent | TaggerEpochEvent> {
  expectOptions("trainTagger", options, {
    needed: { tagger: "object", train: "object", valid: "object" },
    optional: {
      ...{ ...RULE_KINDS, validBatchSize: "size", topN: "list", loss: "any", weights: "object" },
      ...{ modalityDropRate: "number", maxRows: "size", workers: "object" },
    },
  });
  const { tagger, train: dataset, valid, workers, maxRows, signal, batchSize = 32, ...others } = options;
  const { loss: _loss, weights: _weights, modalityDropRate: _rate, ...measured } = others; // these are the step's
  const { validBatchSize = batchSize, topN = [], ...rules } = measured;
  const reading = {
    ...(workers ?? tagger).sampleOptions,
    // While the threads compute, the next batch is read.
    ...(workers && { lookahead: batchSize }),
    maxRows: maxRows ?? mostRows((workers ?? tagger).memoryLimit("training")),
  };
  const measuring = { batchSize: validBatchSize, topN: [...new Set([1, ...topN])], maxRows, signal };
  let evaluation: Evaluation | undefined;
  const training = train({
    ...rules,
    ...{ batchSize, signal },
    step: await taggerStep(tagger, options),
    data: videoData(dataset, reading),
    async measure() {
      await workers?.refresh();
      evaluation = await evaluateTagger(workers ?? tagger, valid, measuring);
      return { ...epochFigures(evaluation) };
    },
    isBetter: isBetterEpoch,
  });
  for await (const event of training) {
    if (event.kind === "step") yield { ...event, hitAt1: event.means["hits"] as number };
    else yield { ...event, evaluation: evaluation as Evaluation };
  }
}

/** A dataset of videos as training data; a position is a line of its list. */
function videoData(dataset: VideoDataset, reading: SampleOptions): TrainingData<VideoSample> {
  return {
    name: dataset.name,
    size: dataset.size,
    async *examples({ order: random, after }) {
      let isEmpty = after === undefined;
      for await (const sample of dataset.samples({ ...reading, random, ...(after && { after: Number(after) }) })) {
        isEmpty = false;
        yield { example: sample, position: String(sample.line) };
      }
      if (isEmpty) throw new NoVideosError(dataset);
    },
  };
}
