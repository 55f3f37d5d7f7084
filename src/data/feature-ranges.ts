import { ShapeError } from "../core/errors.ts";
import type { SequenceRows } from "../core/sequence-batch.ts";

/** One modality's features over all videos. */
export interface FeatureSummary {
  readonly rows: number;
  /** Values a row. */
  readonly size: number;
  /** These four are of the finite values; undefined when there are none. */
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly mean: number | undefined;
  /** The standard deviation: the root of the mean squared distance from the mean. */
  readonly deviation: number | undefined;
  /** The share of values that are 0, in [0, 1]. */
  readonly zeros: number;
  readonly notANumber: number;
  readonly infinite: number;
  /** Dimensions with one and the same value in every row, from 0, of two rows or more. */
  readonly constantDimensions: readonly number[];
  /** Those of them that are always 0. */
  readonly zeroDimensions: readonly number[];
}

/**
 * Ranges of features, learnt row by row. It holds two numbers for each dimension.
 *
 * The variance is that of Chan, Golub and LeVeque (1979): each video's own sum of squares about its own mean, and the
 * distance between means; a large common offset does not eat the digits.
 */
export class FeatureRanges {
  readonly #size: number;
  readonly #minima: Float32Array;
  readonly #maxima: Float32Array;
  #rows = 0;
  #zeros = 0;
  #notANumber = 0;
  #infinite = 0;
  /** Of the finite values so far. */
  #count = 0;
  #mean = 0;
  #squares = 0;

  /** @param size values a row */
  constructor(size: number) {
    this.#size = size;
    this.#minima = new Float32Array(size).fill(Number.POSITIVE_INFINITY);
    this.#maxima = new Float32Array(size).fill(Number.NEGATIVE_INFINITY);
  }

  /** @throws ShapeError when the rows have another width; without rows any will do */
  add({ rows, size, data }: SequenceRows): void {
    if (rows === 0) return;
    if (size !== this.#size) throw new ShapeError(`FeatureRanges: rows must have ${this.#size} values. Got ${size}.`);
    this.#rows += rows;
    let sum = 0;
    let count = 0;
    for (let index = 0; index < data.length; index++) {
      const value = data[index] as number;
      if (!Number.isFinite(value)) {
        if (Number.isNaN(value)) this.#notANumber++;
        else this.#infinite++;
        continue;
      }
      const dimension = index % size;
      if (value < (this.#minima[dimension] as number)) this.#minima[dimension] = value;
      if (value > (this.#maxima[dimension] as number)) this.#maxima[dimension] = value;
      if (value === 0) this.#zeros++;
      sum += value;
      count++;
    }
    if (count > 0) this.#merge(data, count, sum / count);
  }

  #merge(data: Float32Array, count: number, mean: number): void {
    let squares = 0;
    for (let index = 0; index < data.length; index++) {
      const distance = (data[index] as number) - mean;
      if (Number.isFinite(distance)) squares += distance * distance;
    }
    const before = this.#count;
    const difference = mean - this.#mean;
    this.#count += count;
    this.#mean += (difference * count) / this.#count;
    this.#squares += squares + (difference * difference * before * count) / this.#count;
  }

  summary(): FeatureSummary {
    const hasValues = this.#count > 0;
    const dimensions = [...this.#minima.keys()];
    const constantDimensions =
      this.#rows < 2 ? [] : dimensions.filter((dimension) => this.#minima[dimension] === this.#maxima[dimension]);
    return {
      rows: this.#rows,
      size: this.#size,
      minimum: hasValues ? this.#minima.reduce((least, value) => Math.min(least, value)) : undefined,
      maximum: hasValues ? this.#maxima.reduce((most, value) => Math.max(most, value)) : undefined,
      mean: hasValues ? this.#mean : undefined,
      deviation: hasValues ? Math.sqrt(this.#squares / this.#count) : undefined,
      zeros: this.#rows === 0 ? 0 : this.#zeros / (this.#rows * this.#size),
      notANumber: this.#notANumber,
      infinite: this.#infinite,
      constantDimensions,
      zeroDimensions: constantDimensions.filter((dimension) => this.#minima[dimension] === 0),
    };
  }
}
