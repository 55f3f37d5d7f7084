/** So many of the best videos are shown, and of the worst. */
const SHOWN = 6;

/** Places of videos. */
export interface ExtremeVideos {
  /** The highest loss first. */
  readonly worst: readonly number[];
  /** The lowest loss first; no video is both. */
  readonly best: readonly number[];
}

/**
 * The videos that a report shows: those with the highest loss and those with the lowest.
 *
 * @param losses of each video, as `videoLoss` has it
 */
export function extremeVideos(losses: readonly number[]): ExtremeVideos {
  const order = [...losses.keys()].sort((a, b) => (losses[b] as number) - (losses[a] as number) || a - b);
  return { worst: order.slice(0, SHOWN), best: order.slice(SHOWN).slice(-SHOWN).reverse() };
}
