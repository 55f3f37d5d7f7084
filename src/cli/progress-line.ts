/** How far something is, as a bar shows it. */
export interface Progress {
  /** As `epoch 3/12`. */
  readonly title: string;
  readonly done: number;
  readonly total: number;
  /** Until this is done; undefined as long as nobody knows. */
  readonly secondsLeft: number | undefined;
  /** Until everything is done of which this is a part; undefined where it is no part of anything. */
  readonly runSecondsLeft: number | undefined;
  /** What is known so far, as `loss 4.12`. */
  readonly text: string;
}

const WIDEST_BAR = 40;
/** A narrower bar tells nothing. */
const NARROWEST_BAR = 5;

/**
 * One line of a terminal. Times and numbers come first: the bar takes what room they leave, and none where that is too
 * little; only the text, at the end, may be cut.
 */
export function progressLine(progress: Progress, columns: number): string {
  const { title, done, total, secondsLeft, runSecondsLeft, text } = progress;
  const times = [
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
    ...(runSecondsLeft === undefined ? [] : [`run ${duration(runSecondsLeft)}`]),
  ];
  const rest = [`${done}/${total}`, ...(times.length > 0 ? [times.join(", ")] : []), ...(text === "" ? [] : [text])];
  const words = rest.join(" | ");
  const room = Math.min(WIDEST_BAR, columns - title.length - words.length - " [] ".length - 1);
  const filled = Math.round((room * Math.min(done, total)) / Math.max(1, total));
  const bar = room < NARROWEST_BAR ? " " : ` [${"=".repeat(filled).padEnd(room)}] `;
  return `${title}${bar}${words}`.slice(0, columns);
}

/** `45s`, `3m20s`, `1h05m`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.ceil(whole / 60);
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}
