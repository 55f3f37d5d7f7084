/** Which row of a sequence stands at a place of a sample of `sampled` rows: they lie evenly. */
export function sampledRow(place: number, rows: number, sampled: number): number {
  return Math.floor(((place + 0.5) * rows) / sampled);
}
