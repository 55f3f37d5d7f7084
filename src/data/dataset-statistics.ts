import { expectOptions } from "../core/options.ts";
import { contentHash } from "./content-hash.ts";
import { FeatureRanges, type FeatureSummary } from "./feature-ranges.ts";
import { LengthHistogram, type LengthSummary } from "./length-histogram.ts";
import type { VideoSample } from "./video-dataset.ts";

export interface DatasetStatisticsConfig {
  /** The label names in class order. */
  readonly labels: readonly string[];
  /** Widths of the features by modality; those of one without a width are not looked at. */
  readonly sizes?: { readonly [modality: string]: number };
}

/** What a dataset is like, as plain values. */
export interface DatasetSummary {
  readonly videos: number;
  /** In class order. */
  readonly labels: readonly { readonly label: string; readonly videos: number }[];
  /** Of the videos: labels of each, rows of each modality, and characters (code points) of the title. */
  readonly lengths: {
    readonly labels?: LengthSummary;
    readonly rows: { readonly [modality: string]: LengthSummary };
    readonly title?: LengthSummary;
  };
  readonly withoutTitle: number;
  /** Titles of more than one video, the most frequent first. Spaces around a title do not count. */
  readonly duplicateTitles: readonly { readonly title: string; readonly videos: number }[];
  /** File names of videos that have the same features, bit for bit. */
  readonly duplicateFeatures: readonly (readonly string[])[];
  readonly features: { readonly [modality: string]: FeatureSummary };
}

/** What two datasets have in common. */
export interface SharedVideos {
  readonly fileNames: readonly string[];
  /** Titles with how many videos of the first and of the second dataset have them. */
  readonly titles: readonly { readonly title: string; readonly videos: readonly [number, number] }[];
  /** File names of the first and of the second dataset whose features are the same, bit for bit. */
  readonly features: readonly (readonly [readonly string[], readonly string[]])[];
}

/**
 * Learns what a dataset is like from its samples, as they stream by. It keeps names, titles, counters and a hash of
 * each video's features, but no features.
 */
export class DatasetStatistics {
  readonly #labels: readonly string[];
  readonly #videosOfClass: number[];
  /** By modality. */
  readonly #features: ReadonlyMap<string, { readonly ranges: FeatureRanges; readonly lengths: LengthHistogram }>;
  readonly #labelCounts = new LengthHistogram();
  readonly #titleLengths = new LengthHistogram();
  readonly #fileNames = new Set<string>();
  readonly #videosOfTitle = new Map<string, number>();
  /** File names by the hash of their features. */
  readonly #byContent = new Map<number, string[]>();
  #withoutTitle = 0;

  constructor(config: DatasetStatisticsConfig) {
    expectOptions("DatasetStatistics", config, {
      needed: { labels: "list" },
      optional: { sizes: "object" },
    });
    const { labels, sizes = {} } = config;
    this.#labels = labels;
    this.#videosOfClass = labels.map(() => 0);
    this.#features = new Map(
      Object.entries(sizes).map(([modality, size]) => {
        return [modality, { ranges: new FeatureRanges(size), lengths: new LengthHistogram() }];
      }),
    );
  }

  /**
   * Counts a video. One whose file name was counted before is passed over: a dataset may stream by more than once.
   *
   * @throws ShapeError when its features have another width
   */
  add(sample: VideoSample): void {
    const { fileName, title, classes, rows } = sample;
    if (this.#fileNames.has(fileName)) return;
    for (const [modality, { ranges, lengths }] of this.#features) {
      const own = rows[modality];
      if (own !== undefined) ranges.add(own);
      lengths.add(own?.rows ?? 0);
    }
    this.#fileNames.add(fileName);
    for (const index of classes) this.#videosOfClass[index] = (this.#videosOfClass[index] ?? 0) + 1;
    this.#labelCounts.add(classes.length);
    this.#countTitle(title.trim());
    const hash = contentHash(Object.values(rows));
    const same = this.#byContent.get(hash);
    if (same === undefined) this.#byContent.set(hash, [fileName]);
    else same.push(fileName);
  }

  #countTitle(title: string): void {
    this.#titleLengths.add([...title].length);
    if (title === "") this.#withoutTitle++;
    else this.#videosOfTitle.set(title, (this.#videosOfTitle.get(title) ?? 0) + 1);
  }

  summary(): DatasetSummary {
    const titles = [...this.#videosOfTitle].map(([title, videos]) => ({ title, videos }));
    const [labels, title] = [this.#labelCounts.summary(), this.#titleLengths.summary()];
    const rows = [...this.#features].flatMap(([modality, { lengths }]) => {
      const summary = lengths.summary();
      return summary === undefined ? [] : [[modality, summary]];
    });
    const features = [...this.#features].map(([modality, { ranges }]) => [modality, ranges.summary()]);
    return {
      videos: this.#fileNames.size,
      labels: this.#labels.map((label, index) => ({ label, videos: this.#videosOfClass[index] as number })),
      lengths: { ...(labels && { labels }), rows: Object.fromEntries(rows), ...(title && { title }) },
      withoutTitle: this.#withoutTitle,
      duplicateTitles: titles.filter(({ videos }) => videos > 1).sort((a, b) => b.videos - a.videos),
      duplicateFeatures: [...this.#byContent.values()].filter(({ length }) => length > 1),
      features: Object.fromEntries(features),
    };
  }

  /** What this dataset and another have in common; between training and validation data, that is leakage. */
  sharedWith(other: DatasetStatistics): SharedVideos {
    return {
      fileNames: [...this.#fileNames].filter((name) => other.#fileNames.has(name)),
      titles: [...this.#videosOfTitle].flatMap(([title, videos]) => {
        const there = other.#videosOfTitle.get(title);
        return there === undefined ? [] : [{ title, videos: [videos, there] as const }];
      }),
      features: [...this.#byContent].flatMap(([hash, names]) => {
        const there = other.#byContent.get(hash);
        return there === undefined ? [] : [[names, there] as const];
      }),
    };
  }
}
