import { DatasetStatistics, type DatasetSummary, type SharedVideos } from "../data/dataset-statistics.ts";
import { type FileSource, FileSourceError } from "../data/file-source.ts";
import type { SkippedVideo, VideoDataset } from "../data/video-dataset.ts";
import { FormatError } from "../formats/format-error.ts";
import { featureFileName } from "../formats/list-file.ts";
import {
  describeFeatureFile,
  type FeatureFileDescription,
  type ModalityDescription,
} from "../formats/pickle/feature-file.ts";
import { POOLINGS } from "../layers/pooling/poolings.ts";
import type { MultimodalTaggerConfig } from "../models/tagger-config.ts";
import { featureFolder } from "../node/feature-folder.ts";
import { MEMORY_BUDGET, type MemoryLimit, mostRows } from "../tagging/memory-budget.ts";
import { predictedMemory, type VideoLength } from "../tagging/predicted-memory.ts";
import { PaddleProject } from "./paddle-project.ts";

/** Values that are no numbers in feature files that were refused. */
export interface RefusedValues {
  /** Videos with such a value. */
  videos: number;
  notANumber: number;
  infinite: number;
}

export interface SectionStatistics {
  /** Its videos that cannot be used are in `skipped`. */
  readonly dataset: VideoDataset;
  readonly summary: DatasetSummary;
  /** What the refused feature files hold of values that are not finite. */
  readonly refused: { readonly image: RefusedValues; readonly audio: RefusedValues };
  /** Videos that were left out because their features are no rows of the width that the configuration says. */
  readonly otherWidth: readonly SkippedVideo[];
}

/** What one thread is expected to take, and what training does to be content with it. */
export interface MemoryStatistics {
  /** Bytes of the whole process at its peak. */
  readonly training: number;
  /** The same for predictions of such videos. */
  readonly prediction: number;
  /** The most rows that a training video has: those of the configuration, or as many as fit into a training step alone. */
  readonly maxRows: number;
  /** Training videos that have more: rows are sampled. */
  readonly sampled: readonly Pick<NamedLength, "fileName" | "rows">[];
}

export interface ProjectStatistics {
  readonly train: SectionStatistics;
  /** Undefined when the configuration has no such section. */
  readonly valid: SectionStatistics | undefined;
  readonly test: SectionStatistics | undefined;
  /** What each of the others shares with the training data. */
  readonly sharedWithTrain: { readonly valid?: SharedVideos; readonly test?: SharedVideos };
  readonly memory: MemoryStatistics;
  /** What is wrong with the pretrained ERNIE's parameters; undefined when nothing is. */
  readonly ernieProblem: string | undefined;
}

/** What the program takes with a model and videos of hardly any size (docs/reliability.md). */
const PROGRAM_BYTES = 200e6;

/**
 * Reads all data with true labels that a configuration names, file by file: memory does not grow with the features.
 *
 * @throws FormatError or FileError for a configuration, class file or list that cannot be used. A video that cannot be
 *   used is left out and counted
 */
export async function readProjectStatistics(file: string): Promise<ProjectStatistics> {
  const project = await PaddleProject.open(file);
  const config = await project.taggerConfig();
  const train = await readSection(project, "train");
  const valid = project.configuration.valid && (await readSection(project, "valid"));
  const test = project.configuration.test && (await readSection(project, "test"));
  return {
    memory: memoryOf(project, config, [train.lengths, valid?.lengths ?? [], test?.lengths ?? []]),
    ernieProblem: await project.ernieProblem(),
    train: train.section,
    valid: valid?.section,
    test: test?.section,
    sharedWithTrain: {
      ...(valid && { valid: train.statistics.sharedWith(valid.statistics) }),
      ...(test && { test: train.statistics.sharedWith(test.statistics) }),
    },
  };
}

async function readSection(project: PaddleProject, name: "train" | "valid" | "test"): Promise<SectionReading> {
  const { image, audio } = project.configuration.model.featureSizes;
  const sizes = { ...(image && { image }), ...(audio && { audio }) };
  const statistics = new DatasetStatistics({ labels: project.labels, sizes });
  const dataset = await project.openDataset(name);
  const lengths: NamedLength[] = [];
  for await (const sample of dataset.samples({ sizes })) {
    statistics.add(sample);
    const { fileName, rows } = sample;
    const bytes = Object.values(rows).reduce((sum, { data }) => sum + data.byteLength, 0);
    const used = Object.entries(rows).map(([modality, own]) => [modality, modality in sizes ? own.rows : 0]);
    lengths.push({ fileName, rows: Object.fromEntries(used), bytes });
  }
  const findings = await lookIntoRefused(dataset, project.section(name).features, { image, audio });
  return { section: { dataset, summary: statistics.summary(), ...findings }, statistics, lengths };
}

interface SectionReading {
  readonly section: SectionStatistics;
  readonly statistics: DatasetStatistics;
  readonly lengths: readonly NamedLength[];
}

type NamedLength = VideoLength & { readonly fileName: string };

function memoryOf(
  { configuration: { model, train, valid, test, infer } }: PaddleProject,
  config: MultimodalTaggerConfig,
  sections: readonly [train: readonly NamedLength[], ...others: (readonly NamedLength[])[]],
): MemoryStatistics {
  const limit = (pass: MemoryLimit["pass"]): MemoryLimit => {
    return {
      config,
      budget: MEMORY_BUDGET,
      poolings: POOLINGS,
      tokens: model.textMaxLength === undefined ? {} : { text: model.textMaxLength },
      pass,
    };
  };
  const maxRows = model.maxRows ?? mostRows(limit("training"));
  const predictions = {
    ...limit("prediction"),
    batchSize: Math.max(...[valid, test, infer, train].map((section) => section?.batchSize ?? 0)),
    maxRows: model.maxRows ?? Number.POSITIVE_INFINITY,
  };
  const prediction = PROGRAM_BYTES + Math.max(...sections.map((videos) => predictedMemory(videos, predictions)));
  const [trainVideos] = sections;
  const training = predictedMemory(trainVideos, { ...limit("training"), batchSize: train.batchSize, maxRows });
  return {
    // Each epoch is measured.
    training: Math.max(PROGRAM_BYTES + training, prediction),
    prediction,
    maxRows,
    sampled: trainVideos
      .filter(({ rows }) => Math.max(...Object.values(rows)) > maxRows)
      .map(({ fileName, rows }) => ({ fileName, rows })),
  };
}

/** A file that was refused is looked into once more, for what is wrong with its values and its shape. */
async function lookIntoRefused(
  dataset: VideoDataset,
  folder: string,
  sizes: { readonly [modality in "image" | "audio"]: number | undefined },
): Promise<Pick<SectionStatistics, "refused" | "otherWidth">> {
  const features = featureFolder(folder);
  const refused = {
    image: { videos: 0, notANumber: 0, infinite: 0 },
    audio: { videos: 0, notANumber: 0, infinite: 0 },
  };
  const otherWidth: SkippedVideo[] = [];
  for (const video of dataset.skipped) {
    if (video.reason.kind !== "unreadable-file") continue;
    const description = await describe(features, featureFileName(video.fileName) as string);
    if (description === undefined) continue;
    for (const modality of ["image", "audio"] as const) {
      const { notANumber, infinite } = description[modality];
      if (notANumber + infinite === 0) continue;
      refused[modality].videos++;
      refused[modality].notANumber += notANumber;
      refused[modality].infinite += infinite;
    }
    if (hasOtherWidth(description.image, sizes.image) || hasOtherWidth(description.audio, sizes.audio)) {
      otherWidth.push(video);
    }
  }
  return { refused, otherWidth };
}

function hasOtherWidth({ shape }: ModalityDescription, size: number | undefined): boolean {
  return size !== undefined && shape[0] !== 0 && (shape.length !== 2 || shape[1] !== size);
}

/** Undefined when the file holds no arrays, or cannot be read. */
async function describe(features: FileSource, name: string): Promise<FeatureFileDescription | undefined> {
  try {
    const { file, bytes } = await features.read(name);
    return bytes && describeFeatureFile(bytes, { file });
  } catch (error) {
    if (error instanceof FormatError || (error instanceof FileSourceError && !error.mayPass)) return undefined;
    throw error;
  }
}
