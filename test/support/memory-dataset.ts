import { RandomStream } from "../../src/core/random-stream.ts";
import type { FileSource } from "../../src/data/file-source.ts";
import { VideoDataset } from "../../src/data/video-dataset.ts";
import { selectRows } from "../../src/formats/list-file.ts";
import { writeFeatureFile } from "../../src/formats/pickle/feature-file-writer.ts";
import type { TextPreprocessing, TitleTokenizer } from "../../src/tagging/tagger-inputs.ts";

export interface MemoryVideo {
  readonly name: string;
  readonly title: string;
  readonly labels: readonly string[];
  readonly image: readonly (readonly number[])[];
  readonly audio: readonly (readonly number[])[];
}

/** Feature files in memory, by name. */
export function memorySource(files: ReadonlyMap<string, Uint8Array>): FileSource {
  return { read: async (name) => ({ file: `memory/${name}`, bytes: files.get(name) }) };
}

export function featureBytes({ name, image, audio }: MemoryVideo): Uint8Array {
  const matrix = (rows: readonly (readonly number[])[]) => {
    return { rows: rows.length, size: rows[0]?.length ?? 0, data: Float32Array.from(rows.flat()) };
  };
  return writeFeatureFile({ video: name, image: matrix(image), audio: matrix(audio) });
}

/** A dataset of videos in memory; those without a name in `files` have no feature file. */
export function memoryDataset(
  videos: readonly MemoryVideo[],
  labels: readonly string[],
  files: ReadonlyMap<string, Uint8Array> = new Map(videos.map((video) => [`${video.name}.pkl`, featureBytes(video)])),
): VideoDataset {
  const rows = videos.map(({ name, title, labels: own }, index) => ({
    line: index + 1,
    fileName: `${name}.mp4`,
    title,
    labels: own,
  }));
  const selection = selectRows(rows, {
    mode: "valid",
    labels: new Map(labels.map((label, index) => [label, index])),
  });
  return new VideoDataset({ name: "memory", ...selection, features: memorySource(files) });
}

/** Videos for a tagger of SMALL_CONFIG whose first label shows in picture, sound and title. */
export function learnableVideos(count: number, labels: readonly string[], seed: number): MemoryVideo[] {
  const random = new RandomStream(seed);
  return Array.from({ length: count }, (_, index) => {
    const label = random.nextInteger(labels.length);
    const row = (size: number) =>
      Array.from({ length: size }, (__, column) => (label % size === column ? 2 : 0) + 0.3 * random.nextNormal());
    return {
      name: `video${seed}_${index}`,
      title: "abcde".charAt(label).repeat(1 + random.nextInteger(3)),
      labels: [labels[label] as string],
      image: Array.from({ length: 1 + random.nextInteger(4) }, () => row(3)),
      audio: Array.from({ length: random.nextInteger(4) }, () => row(2)),
    };
  });
}

/** Ids of letters, a = 3: enough of a tokenizer for SMALL_CONFIG's encoder. It counts its calls. */
export class LetterTokenizer implements TitleTokenizer {
  readonly idLimit: number;
  calls = 0;

  constructor(idLimit = 11) {
    this.idLimit = idLimit;
  }

  encode(text: string, { maxLength }: { readonly maxLength: number }): Int32Array {
    this.calls++;
    const letters = [...text].map((letter) => 3 + (letter.charCodeAt(0) - 97));
    return Int32Array.from([1, ...letters.slice(0, maxLength - 2), 2]);
  }
}

export function letterPreprocessing(tokenizer: TitleTokenizer = new LetterTokenizer()): TextPreprocessing {
  return { tokenizer, vocabulary: "[PAD]\n[CLS]\n[SEP]\n", maxLength: 6 };
}
