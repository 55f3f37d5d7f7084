import type { DatasetSummary, SharedVideos } from "../../data/dataset-statistics.ts";
import type { FeatureSummary } from "../../data/feature-ranges.ts";
import type { LengthSummary } from "../../data/length-histogram.ts";
import { describeFindings, describeOtherVideos } from "../../data/list-findings.ts";
import { describeSkipped, NoVideosError } from "../../data/video-dataset.ts";
import {
  type MemoryStatistics,
  readProjectStatistics,
  type SectionStatistics,
} from "../../project/project-statistics.ts";
import { datasetWarnings } from "../../training/warnings.ts";
import { skippedAsJson } from "../skipped.ts";
import { percent } from "../terminal.ts";
import type { Inspection } from "./inspection.ts";

/** What is listed of a kind at most; JSON has all. */
const MOST_LISTED = 5;
/** Labels that are listed at most; JSON has all. */
const MOST_LABELS = 200;

/** The widest bar of a histogram. */
const BAR = 40;

/** The data with true labels that a configuration names: [TRAIN], [VALID] and [TEST]. */
export async function inspectDataset(file: string): Promise<Inspection> {
  const { train, valid, test, sharedWithTrain, memory, ernieProblem } = await readProjectStatistics(file);
  const sections = Object.entries({ train, valid, test }).flatMap(([name, section]) =>
    section === undefined ? [] : [{ name, section }],
  );
  const shared = Object.entries(sharedWithTrain);
  const warnings = datasetWarnings({ train: train.summary, shared: sharedWithTrain.valid });
  return {
    kind: "dataset",
    json: {
      ...Object.fromEntries(sections.map(({ name, section }) => [name, asJson(section)])),
      sharedWithTrain,
      memory: { ...memory, sampled: memory.sampled.map(({ fileName, rows }) => ({ fileName, ...rows })) },
      warnings,
    },
    lines: [
      ...sections.flatMap(({ name, section }) => describeSection(name.toUpperCase(), section)),
      ...shared.map(([name, videos]) => `[TRAIN] and [${name.toUpperCase()}] share ${describeShared(videos)}`),
      ...describeMemory(memory),
      ...warnings.map((warning) => `warning: ${warning}`),
    ],
    problems: [
      ...(ernieProblem === undefined ? [] : [ernieProblem]),
      ...sections.flatMap(({ section }) => sectionProblem(section, file) ?? []),
    ],
  };
}

/** Why a section cannot be used as it is. */
function sectionProblem({ dataset, summary, otherWidth }: SectionStatistics, file: string): string | undefined {
  if (summary.videos === 0) return new NoVideosError(dataset).message;
  const [first] = otherWidth;
  if (first === undefined) return undefined;
  const how = `features of ${otherWidth.length} of its videos have another width than ${file} says.`;
  return `${dataset.name}: ${how} The first: ${describeSkipped(first)}`;
}

function asJson({ dataset, summary, refused }: SectionStatistics): object {
  const { labels, rows, title } = summary.lengths;
  return {
    list: dataset.name,
    ...summary,
    lengths: { ...(labels && { labels }), ...rows, ...(title && { title }) },
    refusedValues: refused,
    findings: dataset.findings,
    skipped: skippedAsJson(dataset.skipped),
  };
}

function describeSection(name: string, { dataset, summary, refused }: SectionStatistics): string[] {
  const { lengths, features } = summary;
  return [
    `[${name}] ${dataset.name}: ${summary.videos} videos`,
    ...[...describeFindings(dataset.findings), ...describeOtherVideos(dataset.findings)],
    ...describeSkippedRows(dataset.skipped),
    ...(["image", "audio"] as const).flatMap((modality) => {
      const { videos, notANumber, infinite } = refused[modality];
      if (videos === 0) return [];
      return [`${modality} of those left out: ${notANumber} NaN, ${infinite} infinite values in ${videos} videos`];
    }),
    ...describeLabels(summary),
    `titles: ${summary.withoutTitle} empty, ${summary.duplicateTitles.length} that more than one video has`,
    ...summary.duplicateTitles.slice(0, MOST_LISTED).map(({ title, videos }) => `  ${title}: ${videos} videos`),
    `equal features: ${summary.duplicateFeatures.length} groups of videos`,
    ...summary.duplicateFeatures.slice(0, MOST_LISTED).map((names) => `  ${names.join(", ")}`),
    ...describeLengths("characters of a title", lengths.title),
    ...Object.entries(lengths.rows).flatMap(([modality, rows]) => describeLengths(`rows of ${modality}`, rows)),
    ...Object.entries(features).flatMap(([modality, each]) => describeFeatures(modality, each)),
  ];
}

function describeSkippedRows(skipped: SectionStatistics["dataset"]["skipped"]): string[] {
  const ofKind = new Map<string, number>();
  for (const { reason } of skipped) ofKind.set(reason.kind, (ofKind.get(reason.kind) ?? 0) + 1);
  const kinds = [...ofKind].map(([kind, rows]) => `${kind} ${rows}`).join(", ");
  return [
    `rows left out: ${skipped.length}${kinds === "" ? "" : ` (${kinds})`}`,
    ...skipped.slice(0, MOST_LISTED).map((row) => `  ${describeSkipped(row)}`),
  ];
}

function describeLabels({ labels, lengths }: DatasetSummary): string[] {
  const without = labels.filter(({ videos }) => videos === 0).length;
  const aVideo = lengths.labels === undefined ? "" : `, ${lengths.labels.mean.toFixed(2)} a video`;
  const sorted = labels.toSorted((a, b) => b.videos - a.videos);
  const [next, more] = [sorted[MOST_LABELS], sorted.length - MOST_LABELS];
  return [
    `labels: ${labels.length}${aVideo}, ${without} without a video`,
    ...sorted.slice(0, MOST_LABELS).map(({ label, videos }) => `  ${label}: ${videos}`),
    ...(next === undefined ? [] : [`  ${more} more, each ${next.videos} or fewer`]),
  ];
}

function describeLengths(what: string, lengths: LengthSummary | undefined): string[] {
  if (lengths === undefined) return [];
  const { minimum, maximum, mean, quartiles, bins } = lengths;
  const most = Math.max(...bins.map(({ videos }) => videos));
  return [
    `${what}: ${minimum} to ${maximum}, mean ${mean.toFixed(1)}, quartiles ${quartiles.join(", ")}`,
    ...bins.map(({ from, to, videos }) => {
      const bar = "#".repeat(Math.ceil((BAR * videos) / most));
      return `  ${from === to ? from : `${from} to ${to}`}: ${videos} ${bar}`.trimEnd();
    }),
  ];
}

function describeFeatures(modality: string, features: FeatureSummary): string[] {
  const { rows, size, minimum, maximum, mean, deviation, zeros, constantDimensions, zeroDimensions } = features;
  const numbers = [minimum, maximum, mean, deviation].map((number) => number?.toPrecision(5));
  const range =
    minimum === undefined ? "" : `, ${numbers[0]} to ${numbers[1]}, mean ${numbers[2]}, deviation ${numbers[3]}`;
  return [
    `${modality} features: ${rows} rows of ${size}${range}, ${percent(zeros)} zeros`,
    `  ${constantDimensions.length} dimensions never change, ${zeroDimensions.length} of them are always 0`,
  ];
}

function describeMemory({ training, prediction, maxRows, sampled }: MemoryStatistics): string[] {
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;
  const more = sampled.length - MOST_LISTED;
  return [
    `memory at most, in one thread: ${megabytes(training)} to train, ${megabytes(prediction)} to predict`,
    ...(sampled.length === 0
      ? []
      : [`training videos of which only ${maxRows} rows are used, evenly sampled: ${sampled.length}`]),
    ...sampled.slice(0, MOST_LISTED).map(({ fileName, rows }) => {
      const each = Object.entries(rows).map(
        ([modality, count], index) => `${count}${index === 0 ? " rows" : ""} of ${modality}`,
      );
      return `  ${fileName}: ${each.join(", ")}`;
    }),
    ...(more > 0 ? [`  ${more} more`] : []),
  ];
}

function describeShared({ fileNames, titles, features }: SharedVideos): string {
  return `${fileNames.length} file names, ${titles.length} titles, features of ${features.length} videos`;
}
