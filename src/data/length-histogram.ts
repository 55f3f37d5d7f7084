/** How long something is over all videos: rows, characters, labels. */
export interface LengthSummary {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  /** The smallest lengths that a quarter, a half and three quarters of the videos do not exceed. */
  readonly quartiles: readonly [number, number, number];
  /** Ranges of equal width from the minimum to the maximum, both ends included, ten at most. */
  readonly bins: readonly { readonly from: number; readonly to: number; readonly videos: number }[];
}

const MOST_BINS = 10;

/** Counts whole numbers. It holds a counter for each different one. */
export class LengthHistogram {
  readonly #videos = new Map<number, number>();

  add(length: number): void {
    this.#videos.set(length, (this.#videos.get(length) ?? 0) + 1);
  }

  /** Undefined before the first length. */
  summary(): LengthSummary | undefined {
    const counts = [...this.#videos].sort(([a], [b]) => a - b);
    const [first, last] = [counts[0], counts.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const [minimum, maximum] = [first[0], last[0]];
    const videos = counts.reduce((sum, [, count]) => sum + count, 0);
    const total = counts.reduce((sum, [length, count]) => sum + length * count, 0);
    const quantile = (share: number): number => {
      let seen = 0;
      for (const [length, count] of counts) {
        seen += count;
        if (seen >= share * videos) return length;
      }
      return maximum;
    };
    const width = Math.ceil((maximum - minimum + 1) / MOST_BINS);
    const bins = Array.from({ length: Math.ceil((maximum - minimum + 1) / width) }, (_, bin) => {
      const from = minimum + bin * width;
      return { from, to: Math.min(from + width - 1, maximum), videos: 0 };
    });
    for (const [length, count] of counts) {
      const bin = bins[Math.floor((length - minimum) / width)];
      if (bin) bin.videos += count;
    }
    return {
      minimum,
      maximum,
      mean: total / videos,
      quartiles: [quantile(0.25), quantile(0.5), quantile(0.75)],
      bins,
    };
  }
}
