import { checkedTrueClasses, expectCount, expectSameOption } from "./checked-video.ts";

/** A video of a table, as every metric takes it. */
export interface ScoredVideo {
  /** Which video of its table it is, from 0. */
  readonly index: number;
  /** [numClasses] */
  readonly scores: ArrayLike<number>;
  /** Indices of the true labels, each once. */
  readonly trueClasses: readonly number[];
}

/** Rows of a chunk are about this many scores. */
const CHUNK_SCORES = 2 ** 16;

/**
 * The scores and true labels of videos, kept for what no stream can give: whole rankings, resampling, thresholds,
 * calibration. Nothing is rounded: a score takes 4 bytes where all scores of its chunk of videos are float32 numbers,
 * else 8. So 20,000 videos of 110 classes take 9 MB.
 */
export class ScoreTable implements Iterable<ScoredVideo> {
  readonly numClasses: number;
  readonly #rowsOfChunk: number;
  readonly #chunks: (Float32Array | Float64Array)[] = [];
  readonly #trueClasses: (readonly number[])[] = [];

  constructor(numClasses: number) {
    expectCount("ScoreTable: numClasses", numClasses);
    this.numClasses = numClasses;
    this.#rowsOfChunk = Math.max(1, Math.floor(CHUNK_SCORES / numClasses));
  }

  /** How many videos have been added. */
  get videos(): number {
    return this.#trueClasses.length;
  }

  /**
   * Adds a copy of a video's scores and labels.
   *
   * @param scores [numClasses]
   * @param trueClasses indices of the true labels
   * @throws RangeError when there are not numClasses scores, a score is NaN, or a true class has no score
   */
  add(scores: ArrayLike<number>, trueClasses: readonly number[]): void {
    const { videos, numClasses } = this;
    const labels = checkedTrueClasses("ScoreTable", videos, scores, trueClasses, numClasses);
    const index = Math.floor(videos / this.#rowsOfChunk);
    let chunk = this.#chunks[index] ?? new Float32Array(this.#rowsOfChunk * numClasses);
    if (chunk instanceof Float32Array && !areFloat32(scores)) chunk = Float64Array.from(chunk);
    chunk.set(scores, (videos % this.#rowsOfChunk) * numClasses);
    this.#chunks[index] = chunk;
    this.#trueClasses.push([...labels]);
  }

  /**
   * Adds the videos of another table behind its own.
   *
   * @throws RangeError when it has another number of classes
   */
  merge(other: ScoreTable): void {
    expectSameOption("ScoreTable: numClasses", this.numClasses, other.numClasses);
    const { videos } = other;
    for (let index = 0; index < videos; index++) {
      const { scores, trueClasses } = other.video(index);
      this.add(scores, trueClasses);
    }
  }

  /** The video that was added as the index-th, from 0; its scores are a view that must not be written. */
  video(index: number): ScoredVideo {
    const trueClasses = this.#trueClasses[index];
    const chunk = this.#chunks[Math.floor(index / this.#rowsOfChunk)];
    if (!trueClasses || !chunk) throw new RangeError(`ScoreTable: video ${index} is not one of ${this.videos}.`);
    const start = (index % this.#rowsOfChunk) * this.numClasses;
    return { index, scores: chunk.subarray(start, start + this.numClasses), trueClasses };
  }

  /** The scores of one class, and for each 1 where it is a true label, by video. */
  column(label: number): { readonly scores: Float64Array; readonly truths: Uint8Array } {
    if (!Number.isSafeInteger(label) || label < 0 || label >= this.numClasses) {
      throw new RangeError(`ScoreTable: class ${label} is not one of ${this.numClasses}.`);
    }
    const scores = new Float64Array(this.videos);
    const truths = new Uint8Array(this.videos);
    for (const [video, trueClasses] of this.#trueClasses.entries()) {
      const chunk = this.#chunks[Math.floor(video / this.#rowsOfChunk)];
      scores[video] = chunk?.[(video % this.#rowsOfChunk) * this.numClasses + label] as number;
      if (trueClasses.includes(label)) truths[video] = 1;
    }
    return { scores, truths };
  }

  *[Symbol.iterator](): Generator<ScoredVideo> {
    for (let index = 0; index < this.videos; index++) yield this.video(index);
  }
}

function areFloat32(scores: ArrayLike<number>): boolean {
  if (scores instanceof Float32Array) return true;
  for (let index = 0; index < scores.length; index++) {
    if (Math.fround(scores[index] as number) !== scores[index]) return false;
  }
  return true;
}
