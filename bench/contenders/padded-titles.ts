/** Titles as an encoder's users pass them: padded to the longest, as int64. */
export function padTitles(titles: readonly (readonly number[])[]): {
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
  /** [batch, time] */
  readonly shape: [number, number];
} {
  const time = Math.max(...titles.map(({ length }) => length));
  const ids = new BigInt64Array(titles.length * time);
  const mask = new BigInt64Array(titles.length * time);
  for (const [row, title] of titles.entries()) {
    ids.set(title.map(BigInt), row * time);
    mask.fill(1n, row * time, row * time + title.length);
  }
  return { ids, mask, shape: [titles.length, time] };
}

/** Some values of the first title's first token and of the last title's last. */
export function resultsOf(
  values: Float32Array,
  titles: readonly (readonly number[])[],
  [batch, time]: readonly [number, number],
): number[] {
  const size = values.length / (batch * time);
  const last = ((batch - 1) * time + (titles.at(-1) ?? []).length - 1) * size;
  return [...values.slice(0, 8), ...values.slice(last, last + 8)];
}
