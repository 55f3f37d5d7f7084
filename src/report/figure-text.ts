/** What stands where there is no number. */
export const NO_FIGURE = "–";

/** A share as `73.3 %`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : NO_FIGURE;
}

/** A figure between 0 and 1, or a loss: `0.733`. */
export function decimals(value: number, digits: number = 3): string {
  return Number.isFinite(value) ? value.toFixed(digits) : NO_FIGURE;
}

/** A count as `12 videos`, `1 video`. */
export function counted(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A count as `12,345`. */
export function thousands(count: number): string {
  return count.toLocaleString("en-GB");
}

/** A time from the start of a video, as `12.96 s`. */
export function seconds(time: number): string {
  return `${Number(time.toFixed(2))} s`;
}
