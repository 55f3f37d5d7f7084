import { expectOptions } from "../core/options.ts";

/** When the rows of a modality's features were, in seconds from the start of the video. */
export interface RowTiming {
  /** From one row's start to the next one's: 1 / (frames a second), or the hop of the sound's windows. */
  readonly hopSeconds: number;
  /** How long a row lasts. Default hopSeconds: each lasts until the next. */
  readonly windowSeconds?: number;
}

/** A stretch of a video, in seconds, and the share of the attention that it got. */
export interface AttentionSpan {
  readonly start: number;
  readonly end: number;
  readonly weight: number;
}

/**
 * Attention weights as a timeline: row t lasts from t * hopSeconds to t * hopSeconds + windowSeconds. Feature files do
 * not say when their rows were; whoever extracted them knows.
 *
 * @param weights a weight for each row, as in `TaggedVideo.attention`
 * @returns a span for each row, in order; they overlap where windows do
 * @throws RangeError when the hop or the window is not a finite number above 0
 */
export function attentionSpans(weights: ArrayLike<number>, timing: RowTiming): AttentionSpan[] {
  const kinds = { needed: { weights: "object", hopSeconds: "any" }, optional: { windowSeconds: "any" } } as const;
  const given = { ...timing, weights };
  expectOptions("attentionSpans", given, kinds);
  const { hopSeconds, windowSeconds = hopSeconds } = given;
  for (const [name, seconds] of Object.entries({ hopSeconds, windowSeconds })) {
    if (!(seconds > 0 && Number.isFinite(seconds))) {
      throw new RangeError(`attentionSpans: ${name} must be a finite number above 0. Got ${seconds}.`);
    }
  }
  return Array.from(weights, (weight, row) => {
    const start = row * hopSeconds;
    // Where rows lie end to end, an end is the next start to the last bit.
    const end = windowSeconds === hopSeconds ? (row + 1) * hopSeconds : start + windowSeconds;
    return { start, end, weight };
  });
}
