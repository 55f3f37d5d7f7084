import { join } from "node:path";
import { describeValue, FormatError, quote } from "../formats/format-error.ts";
import { type JsonValue, parseJson } from "../formats/json.ts";
import { littleEndianBytes, type NumericArray } from "../formats/numeric-array.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../formats/safetensors.ts";
import { readText } from "../formats/text.ts";
import { digestOf } from "../node/content-files.ts";
import { makeFolder, readBytes, writeAtomically } from "../node/files.ts";

/** What a run's best checkpoint says of the validation videos. */
export interface RunScores {
  /** In class order. */
  readonly labels: readonly string[];
  readonly videos: readonly RunVideo[];
}

export interface RunVideo {
  readonly video: string;
  readonly title: string;
  /** Indices of its true labels, in ascending order. */
  readonly classes: readonly number[];
  /** `[numClasses]`: probabilities */
  readonly scores: Float32Array;
}

const SCORES = "scores.safetensors";
const VIDEOS = "videos.json";
/** The key of the safetensors' metadata that says which videos.json belongs to it. */
const VIDEOS_DIGEST = "videos.json sha256";
/** The key for the digest of the tensors' bytes, one tensor behind the other. */
const TENSORS_DIGEST = "tensors sha256";

/**
 * Writes a run's scores: `scores.safetensors` with `scores` [videos, numClasses] float32 and `labels` [videos,
 * numClasses] uint8, and `videos.json` with the names of both axes. The scores, written last, name the SHA-256 of their
 * videos.json and their own: a damaged file is found out, and so are two that do not belong together.
 *
 * @throws RangeError when a video has not a score for each label, or a true class that is none
 * @throws FileError when a file cannot be written
 */
export async function writeRunScores(folder: string, { labels, videos }: RunScores): Promise<void> {
  const numClasses = labels.length;
  const scores = new Float32Array(videos.length * numClasses);
  const truth = new Uint8Array(videos.length * numClasses);
  for (const [row, video] of videos.entries()) {
    if (video.scores.length !== numClasses) {
      throw new RangeError(`writeRunScores: video ${row} must have ${numClasses} scores. Got ${video.scores.length}.`);
    }
    scores.set(video.scores, row * numClasses);
    for (const index of video.classes) {
      if (!(Number.isInteger(index) && index >= 0 && index < numClasses)) {
        throw new RangeError(`writeRunScores: video ${row} must have classes below ${numClasses}. Got ${index}.`);
      }
      truth[row * numClasses + index] = 1;
    }
  }
  const names = { labels, videos: videos.map(({ video, title }) => ({ video, title })) };
  const json = new TextEncoder().encode(`${JSON.stringify(names)}\n`);
  const shape = [videos.length, numClasses];
  const tensors = new Map<string, NumericArray>([
    ["scores", { dtype: "float32", shape, data: scores }],
    ["labels", { dtype: "uint8", shape, data: truth }],
  ]);
  const metadata = new Map([
    [VIDEOS_DIGEST, digestOf(json)],
    [TENSORS_DIGEST, digestOf(...[...tensors.values()].map(littleEndianBytes))],
  ]);
  const bytes = writeSafetensors(tensors, metadata);
  await makeFolder(folder);
  await writeAtomically(join(folder, VIDEOS), (handle) => handle.writeFile(json));
  await writeAtomically(join(folder, SCORES), (handle) => handle.writeFile(bytes));
}

/**
 * Reads what writeRunScores wrote.
 *
 * @throws FormatError when a file is damaged, or the two do not belong together; FileError when one is missing
 */
export async function readRunScores(folder: string): Promise<RunScores> {
  const [videosFile, scoresFile] = [join(folder, VIDEOS), join(folder, SCORES)];
  const json = await readBytes(videosFile);
  const { labels, videos } = readNames(json, videosFile);
  const stored = readSafetensors(await readBytes(scoresFile), { file: scoresFile });
  if (stored.metadata.get(VIDEOS_DIGEST) !== digestOf(json)) {
    throw new FormatError(
      scoresFile,
      undefined,
      `expected the scores of the ${VIDEOS} beside it. Got those of another.`,
    );
  }
  const shape = [videos.length, labels.length];
  const tensors = [
    readTensor(stored, "scores", "float32", shape, scoresFile),
    readTensor(stored, "labels", "uint8", shape, scoresFile),
  ] as const;
  if (stored.metadata.get(TENSORS_DIGEST) !== digestOf(...tensors.map(littleEndianBytes))) {
    throw new FormatError(
      scoresFile,
      undefined,
      "expected the SHA-256 that its header says. Got another: it is damaged.",
    );
  }
  const [scores, truth] = [tensors[0].data as Float32Array, tensors[1].data as Uint8Array];
  expectAll(scores, Number.isFinite, "scores", "finite values", scoresFile);
  expectAll(truth, (label) => label <= 1, "labels", "0 or 1", scoresFile);
  return {
    labels,
    videos: videos.map((video, row) => {
      const [begin, end] = [row * labels.length, (row + 1) * labels.length];
      return { ...video, classes: classesOf(truth.subarray(begin, end)), scores: scores.subarray(begin, end) };
    }),
  };
}

interface Names {
  readonly labels: readonly string[];
  readonly videos: readonly { readonly video: string; readonly title: string }[];
}

function readNames(bytes: Uint8Array, file: string): Names {
  const root = parseJson(readText(bytes, file), file);
  const list = (key: string): readonly JsonValue[] => {
    const value = root instanceof Map ? root.get(key) : undefined;
    if (!Array.isArray(value)) throw new FormatError(file, key, `expected a list. Got ${describeValue(value)}.`);
    return value;
  };
  const labels = list("labels");
  if (!labels.every((label) => typeof label === "string") || new Set(labels).size < labels.length) {
    throw new FormatError(file, "labels", "expected different texts. Got other values.");
  }
  const videos = list("videos").map((entry, index) => {
    const { video, title } = entry instanceof Map ? Object.fromEntries(entry) : {};
    if (typeof video === "string" && typeof title === "string") return { video, title };
    throw new FormatError(file, `videos[${index}]`, `expected video and title. Got ${describeValue(entry)}.`);
  });
  return { labels: labels as string[], videos };
}

function readTensor(
  { tensors }: Safetensors,
  name: string,
  dtype: "float32" | "uint8",
  shape: readonly number[],
  file: string,
): NumericArray {
  const tensor = tensors.get(name);
  const expected = `expected ${dtype} of shape (${shape.join(", ")})`;
  if (tensor === undefined) throw new FormatError(file, `tensor ${quote(name)}`, `${expected}. Got none.`);
  if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join()) {
    const got = `${tensor.dtype} of shape (${tensor.shape.join(", ")})`;
    throw new FormatError(file, `tensor ${quote(name)}`, `${expected}. Got ${got}.`);
  }
  return tensor;
}

function expectAll(
  values: Float32Array | Uint8Array,
  accepts: (value: number) => boolean,
  name: string,
  expected: string,
  file: string,
): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!accepts(value)) {
      throw new FormatError(file, `tensor ${quote(name)}`, `expected ${expected}. Got ${value} as value ${index}.`);
    }
  }
}

function classesOf(row: Uint8Array): number[] {
  const classes: number[] = [];
  for (let index = row.indexOf(1); index !== -1; index = row.indexOf(1, index + 1)) classes.push(index);
  return classes;
}
