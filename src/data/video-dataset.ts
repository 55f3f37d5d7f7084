import { expectOptions } from "../core/options.ts";
import type { RandomStream } from "../core/random-stream.ts";
import { sampleRows } from "../core/row-sampling.ts";
import type { SequenceRows } from "../core/sequence-batch.ts";
import { FormatError } from "../formats/format-error.ts";
import type { LabelFindings } from "../formats/label-reader.ts";
import { featureFileName, type SelectedRow, type SkippedRow, type SkipReason } from "../formats/list-file.ts";
import { LOOKS_THE_SAME } from "../formats/normalization.ts";
import { VideoTagError } from "../formats/video-tag-error.ts";
import {
  type DecodedFeatures,
  type DecodeOptions,
  decodeFeatureFile,
  expectFeatures,
  type FeatureDecoder,
  type FeatureOptions,
  type SampledFrom,
} from "./decoded-features.ts";
import { type FileSource, FileSourceError } from "./file-source.ts";
import { FirstReading } from "./first-reading.ts";
import type { ListFindings, OtherVideo, SharedFeatureFile } from "./list-findings.ts";
import { ReadAhead } from "./read-ahead.ts";

/** One video as its files give it. */
export interface VideoSample {
  /** Line of the list file, from 1. */
  readonly line: number;
  /** The list file's name for it. */
  readonly fileName: string;
  /** The feature file's name for it, which predictions carry. */
  readonly video: string;
  readonly title: string;
  /** Indices of its true labels; none for inference. */
  readonly classes: readonly number[];
  /** Features by modality; without rows where the video has none, and `SampleOptions.required` allows it. */
  readonly rows: { readonly [modality: string]: SequenceRows };
  /** Texts by modality, the title among them. */
  readonly texts: { readonly [modality: string]: string };
  /** Of features that are longer than `SampleOptions.maxRows`: how many rows they had before they were sampled. */
  readonly sampledFrom?: SampledFrom;
}

export type { SampledFrom };

/** Why a row of the list gives no sample: as the list alone shows, or as its feature file does. */
export type VideoSkipReason =
  | SkipReason
  | { readonly kind: "missing-file"; readonly file: string; readonly lookAlike?: string }
  | { readonly kind: "unreadable-file"; readonly problem: string };

export interface SkippedVideo extends Omit<SkippedRow, "reason"> {
  readonly reason: VideoSkipReason;
}

/** A video that was left out because of its file, by its line of the list. */
export type UnusedVideo = Pick<SkippedVideo, "line" | "reason">;

export interface VideoDatasetConfig {
  /** What messages call it: the list file. */
  readonly name: string;
  readonly accepted: readonly SelectedRow[];
  readonly skipped: readonly SkippedRow[];
  /** What selectRows found of the labels. Default: nothing. */
  readonly labels?: LabelFindings;
  /** Labels of the class file that no row can have. Default: none. */
  readonly unusableLabels?: readonly string[];
  /** Whether the list was quoted as CSV programs do. Default false. */
  readonly isQuoted?: boolean;
  /** Feature files, each by the name that featureFileName makes of the list's. */
  readonly features: FileSource;
  /** Reads what stands in them. Default: the original's feature files, of the modalities `image` and `audio`. */
  readonly decode?: FeatureDecoder | undefined;
  /** The modality that the list's title is. Default `text`. */
  readonly titleModality?: string | undefined;
}

export interface SampleOptions extends FeatureOptions {
  /** The most rows of each modality that a sample has: of longer ones so many rows, evenly sampled. Default: all. */
  readonly maxRows?: number | undefined;
  /** Makes features of a file's bytes in place of decodeFeatureFile; in another thread, for example. */
  readonly decode?: FeatureDecoder;
  /** Shuffles the videos when it is given. */
  readonly random?: RandomStream;
  /** The line after whose video to begin, in the order of the list or as shuffled. Default: at the beginning. */
  readonly after?: number;
  /** How many feature files are on their way while one is being used; fewer where the last ones were large. Default 8. */
  readonly lookahead?: number;
}

const LOOKAHEAD = 8;
const NO_LABELS: LabelFindings = { written: 0, unknown: [], mended: [] };

/**
 * The videos of a list file with their features. Features are read one after another as they are asked for: memory
 * does not grow with the number of videos.
 *
 * A video whose file is missing or unreadable when it is first read is reported and left out, then and later on. One that
 * could be read must stay as it is: every pass has the same videos, or ends with a DatasetChangedError. A fault that may pass
 * (`FileSourceError.mayPass`) ends a pass too: it is no reason to do without the video.
 */
export class VideoDataset {
  readonly #config: VideoDatasetConfig;
  /** By what was asked of the features: a video may be of use to one model and of none to another. */
  readonly #readings = new Map<string, FirstReading<SkippedVideo>>();
  readonly #otherVideos = new Map<number, OtherVideo>();
  readonly #observers = new Set<(sample: VideoSample) => void>();

  constructor(config: VideoDatasetConfig) {
    expectOptions("VideoDataset", config, {
      needed: { name: "text", accepted: "list", skipped: "list", features: "object" },
      optional: {
        ...{ labels: "object", unusableLabels: "list", isQuoted: "flag" },
        ...{ decode: "function", titleModality: "text" },
      },
    });
    this.#config = config;
  }

  get name(): string {
    return this.#config.name;
  }

  /** Videos that the list offers; some of their feature files may prove missing. */
  get size(): number {
    return this.#config.accepted.length;
  }

  /** Every row that gave no sample so far, in the order of the list. */
  get skipped(): SkippedVideo[] {
    const readings = [...this.#readings.values()].flatMap(({ leftOut }) => leftOut);
    const leftOut = new Map(readings.map((video) => [video.line, video]));
    return [...this.#config.skipped, ...leftOut.values()].sort((a, b) => a.line - b.line);
  }

  /** What should be known of the videos that can be used; what feature files show, of those that were read so far. */
  get findings(): ListFindings {
    const { isQuoted = false, labels = NO_LABELS, unusableLabels = [], accepted } = this.#config;
    const otherVideos = [...this.#otherVideos.values()].sort((a, b) => a.line - b.line);
    return { isQuoted, labels, unusableLabels, sharedFeatureFiles: sharedFeatureFiles(accepted), otherVideos };
  }

  /** The videos of some lines of the list, as a dataset of their own. Its findings are those of its feature files alone. */
  only(lines: ReadonlySet<number>): VideoDataset {
    const { name, features, decode, titleModality, accepted } = this.#config;
    const own = accepted.filter(({ line }) => lines.has(line));
    const some = new VideoDataset({ name, features, decode, titleModality, accepted: own, skipped: [] });
    for (const [asked, reading] of this.#readings) some.#readings.set(asked, reading.only(lines));
    return some;
  }

  /** The videos that were left out because of their files, so far, of those who asked for such features. */
  leftOut(options: FeatureOptions = {}): readonly SkippedVideo[] {
    return this.#reading(options).leftOut;
  }

  /**
   * Takes over what an earlier process found when it read such features.
   *
   * @param found `leftOut`: the videos that it left out. `isWhole`: whether it has read all videos, so that all others must
   *   be there
   */
  goOnFrom(
    found: { readonly leftOut: readonly UnusedVideo[]; readonly isWhole: boolean },
    options: FeatureOptions = {},
  ): void {
    const { leftOut, isWhole } = found;
    const reading = this.#reading(options);
    const reasons = new Map(leftOut.map(({ line, reason }) => [line, reason]));
    for (const { line, fileName } of this.#config.accepted) {
      const reason = reasons.get(line);
      if (reason !== undefined) reading.leaveOut({ line, fileName, reason });
      else if (isWhole) reading.use(line);
    }
  }

  #reading({ sizes = {}, required }: FeatureOptions): FirstReading<SkippedVideo> {
    const asked = JSON.stringify([Object.entries(sizes).sort(), required?.toSorted() ?? null]);
    const reading = this.#readings.get(asked) ?? new FirstReading<SkippedVideo>();
    this.#readings.set(asked, reading);
    return reading;
  }

  /**
   * Tells of every sample as it is handed out, so that what is to be learnt of the data needs no reading of its own.
   *
   * @returns ends it
   */
  observe(observer: (sample: VideoSample) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The videos one by one, in the order of the list or shuffled. */
  async *samples(options: SampleOptions = {}): AsyncGenerator<VideoSample> {
    const { sizes, required, random, after, lookahead = LOOKAHEAD, maxRows } = options;
    const decode: FeatureDecoder = this.#config.decode ?? options.decode ?? decodeFeatureFile;
    const rows = random === undefined ? this.#config.accepted : random.shuffle([...this.#config.accepted]);
    const expected = { ...(sizes && { sizes }), ...(required && { required }) };
    const underWay: Promise<VideoSample | SkippedVideo>[] = [];
    const ahead = new ReadAhead(lookahead);
    const measured: FeatureDecoder = async (bytes, asked, isOwn) => {
      const { byteLength } = bytes; // 0 once they are another thread's
      const features = await decode(bytes, asked, isOwn);
      ahead.add(Math.max(byteLength, bytesOf(features)));
      return features;
    };
    const first = after === undefined ? 0 : rows.findIndex(({ line }) => line === after) + 1;
    const reading = this.#reading(options);
    for (const { line } of rows.slice(0, first)) reading.use(line); // whoever stopped here had them
    let next = first;
    const fill = () => {
      while (next < rows.length && underWay.length < ahead.videos) {
        const row = rows[next++] as SelectedRow;
        const result = Promise.resolve(reading.leftOutAt(row.line) ?? this.#read(row, expected, measured, maxRows));
        // Should the caller stop before this one is asked for, its failure concerns nobody.
        result.catch(() => {});
        underWay.push(result);
      }
    };
    for (;;) {
      fill();
      const result = await underWay.shift();
      if (result === undefined) return;
      if ("reason" in result) {
        if (reading.wasUsed(result.line)) throw new DatasetChangedError(this.name, result);
        reading.leaveOut(result);
        continue;
      }
      reading.use(result.line);
      this.#compareNames(result);
      for (const observe of this.#observers) observe(result);
      fill();
      yield result;
    }
  }

  /** The videos in batches of this size; the last one may be smaller. */
  async *batches(batchSize: number, options: SampleOptions = {}): AsyncGenerator<VideoSample[]> {
    let batch: VideoSample[] = [];
    for await (const sample of this.samples(options)) {
      batch.push(sample);
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #compareNames({ line, fileName, video }: VideoSample): void {
    // An empty name says nothing. Folders and what follows a dot do not count, as in the name of the feature file.
    if (video === "" || featureFileName(video) === featureFileName(fileName)) return;
    this.#otherVideos.set(line, { line, fileName, video });
  }

  async #read(
    { line, fileName, title, classes }: SelectedRow,
    expected: FeatureOptions,
    decode: FeatureDecoder,
    maxRows: number | undefined,
  ): Promise<VideoSample | SkippedVideo> {
    const skip = (reason: VideoSkipReason): SkippedVideo => ({ line, fileName, reason });
    try {
      const read = await this.#config.features.read(featureFileName(fileName) as string);
      const { file, bytes, isOwn = false, lookAlike } = read;
      if (bytes === undefined)
        return skip({ kind: "missing-file", file, ...(lookAlike !== undefined && { lookAlike }) });
      const options: DecodeOptions = { file, ...expected, maxRows };
      const { video, texts, ...decoded } = await decode(bytes, options, isOwn);
      const { titleModality = "text" } = this.#config;
      const features = { ...decoded, texts: { ...texts, [titleModality]: title } };
      expectFeatures(features, options);
      const own = maxRows === undefined ? features : sampled(features, maxRows);
      return { line, fileName, video, title, classes, ...own };
    } catch (error) {
      if (error instanceof FormatError || (error instanceof FileSourceError && !error.mayPass)) {
        return skip({ kind: "unreadable-file", problem: error.message });
      }
      throw error;
    }
  }
}

function sharedFeatureFiles(rows: readonly SelectedRow[]): SharedFeatureFile[] {
  const byFile = new Map<string, SelectedRow[]>();
  for (const row of rows) {
    const file = featureFileName(row.fileName) as string;
    const others = byFile.get(file);
    if (others === undefined) byFile.set(file, [row]);
    else others.push(row);
  }
  return [...byFile]
    .filter(([, { length }]) => length > 1)
    .map(([file, shared]) => {
      return { file, lines: shared.map(({ line }) => line), fileNames: shared.map(({ fileName }) => fileName) };
    });
}

/** Bytes of a video's features. */
export function bytesOf({ rows }: Pick<DecodedFeatures, "rows">): number {
  return Object.values(rows).reduce((sum, { data }) => sum + data.byteLength, 0);
}

function sampled<Features extends Pick<VideoSample, "rows" | "sampledFrom">>(
  features: Features,
  maxRows: number,
): Features {
  const entries = Object.entries(features.rows);
  const longer = entries.flatMap(([modality, { rows }]) => (rows > maxRows ? [[modality, rows]] : []));
  if (longer.length === 0) return features;
  const rows = entries.map(([modality, own]) => [modality, sampleRows(own, maxRows)]);
  return { ...features, rows: Object.fromEntries(rows), sampledFrom: Object.fromEntries(longer) };
}

/** `line 7, a.mp4: its feature file features/a.pkl does not exist.` */
export function describeSkipped({ line, fileName, reason }: SkippedVideo): string {
  return `line ${line}, ${fileName}: ${describeReason(reason)}`;
}

function describeReason(reason: VideoSkipReason): string {
  switch (reason.kind) {
    case "repeated":
      return `the name stands in line ${reason.firstLine} already.`;
    case "no-label":
      return "it has no label.";
    case "no-known-label":
      return `none of its labels is in the class file: ${reason.labels.join(", ")}.`;
    case "unusable-name":
      return "its name cannot name a feature file.";
    case "missing-file": {
      const sentence = `its feature file ${reason.file} does not exist.`;
      return reason.lookAlike === undefined ? sentence : `${sentence} ${LOOKS_THE_SAME}`;
    }
    case "unreadable-file":
      return reason.problem;
  }
}

/** A video that could be read before cannot be read any more: its file was removed, or is another. */
export class DatasetChangedError extends VideoTagError {
  override readonly name = "DatasetChangedError";
  override readonly code = "ERR_DATASET_CHANGED";

  constructor(dataset: string, video: SkippedVideo) {
    const rule = "It could be read before: the videos of a dataset must not change while it is in use.";
    super(`${dataset}, ${describeSkipped(video)} ${rule}`);
  }
}

/** None of a dataset's videos could be read. */
export class NoVideosError extends VideoTagError {
  override readonly name = "NoVideosError";
  override readonly code = "ERR_NO_VIDEOS";

  constructor({ name, skipped }: VideoDataset) {
    const [first] = skipped;
    const example = first === undefined ? "" : ` The first of ${skipped.length} problems: ${describeSkipped(first)}`;
    super(`${name}: it has no video that can be used.${example}`);
  }
}
