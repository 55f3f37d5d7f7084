import { quote } from "../formats/format-error.ts";
import type { LabelFindings, UnknownLabel } from "../formats/label-reader.ts";
import { normalizationNote } from "../formats/normalization.ts";

/** What should be known of a list and its files, though its videos can be used. */
export interface ListFindings {
  /** Whether the list's fields are quoted as CSV programs do, and were read so. */
  readonly isQuoted: boolean;
  readonly labels: LabelFindings;
  /** Labels of the class file that no row can have, for they have a comma. */
  readonly unusableLabels: readonly string[];
  /** Feature files that stand for several rows. */
  readonly sharedFeatureFiles: readonly SharedFeatureFile[];
  /** Videos read so far whose feature file says that it is of another one. */
  readonly otherVideos: readonly OtherVideo[];
}

export interface SharedFeatureFile {
  readonly file: string;
  readonly lines: readonly number[];
  readonly fileNames: readonly string[];
}

export interface OtherVideo {
  readonly line: number;
  readonly fileName: string;
  /** The name in the feature file. */
  readonly video: string;
}

/** The share of unknown labels above which a training does not start unless it is told to. */
export const MOST_UNKNOWN_LABELS = 0.05;

/** Of a kind that are described; all are in the findings. */
const MOST_DESCRIBED = 10;
const MOST_LINES = 5;

/** How many labels of the rows are not in the class file. */
export function countUnknownLabels({ unknown }: LabelFindings): number {
  return unknown.reduce((sum, { lines }) => sum + lines.length, 0);
}

/** A sentence for each finding that the list alone shows, of many of a kind for the first. */
export function describeFindings({
  isQuoted,
  labels,
  unusableLabels,
  sharedFeatureFiles,
}: Omit<ListFindings, "otherVideos">): string[] {
  const unknown = countUnknownLabels(labels);
  return [
    ...(isQuoted ? ["its fields are quoted as CSV programs do: they are read without the quotation marks."] : []),
    ...describeFirst(unusableLabels, "labels of the class file with a comma", (label) => {
      return `the label ${quote(label)} of the class file has a comma, which separates labels in a list: no video can have it.`;
    }),
    ...describeFirst(labels.mended, "labels that were read so", ({ written, labels: read, lines }) => {
      const note = read.length === 1 ? normalizationNote(written, read[0] as string) : "";
      return `the label ${quote(written)} (${linesAsText(lines)}) is read as ${read.map(quote).join(" and ")}.${note}`;
    }),
    ...(unknown === 0 ? [] : [`${describeUnknownShare(labels)} are not in the class file, and do not count.`]),
    ...describeFirst(labels.unknown, "labels that are not in the class file", describeUnknownLabel),
    ...describeFirst(sharedFeatureFiles, "feature files of several rows", ({ file, lines, fileNames }) => {
      const names = fileNames.slice(0, MOST_LINES).map(quote).join(", ");
      return `${lines.length} rows have the same feature file ${file}: ${names} (${linesAsText(lines)}).`;
    }),
  ];
}

/** The same for the findings that the feature files show. */
export function describeOtherVideos({ otherVideos }: Pick<ListFindings, "otherVideos">): string[] {
  return describeFirst(otherVideos, "feature files of other videos", ({ line, fileName, video }) => {
    return `line ${line}, ${fileName}: its feature file says that it is of ${quote(video)}.`;
  });
}

/** `12 of 200 labels (6.0 %)` */
export function describeUnknownShare(labels: LabelFindings): string {
  const unknown = countUnknownLabels(labels);
  return `${unknown} of ${labels.written} labels (${((100 * unknown) / labels.written).toFixed(1)} %)`;
}

/** `the label "cta" (line 7) is not in the class file; the nearest is "cat".` */
export function describeUnknownLabel({ label, lines, nearest }: UnknownLabel): string {
  const advice = nearest === undefined ? "." : `; the nearest is ${quote(nearest)}.`;
  return `the label ${quote(label)} (${linesAsText(lines)}) is not in the class file${advice}`;
}

function linesAsText(lines: readonly number[]): string {
  const more = lines.length - MOST_LINES;
  const first = lines.slice(0, MOST_LINES).join(", ");
  return `${lines.length === 1 ? "line" : "lines"} ${first}${more > 0 ? ` and ${more} more` : ""}`;
}

function describeFirst<Found>(found: readonly Found[], kind: string, describe: (one: Found) => string): string[] {
  const more = found.length - MOST_DESCRIBED;
  const sentences = found.slice(0, MOST_DESCRIBED).map(describe);
  return more > 0 ? [...sentences, `${more} more ${kind}: inspect --json lists all.`] : sentences;
}
