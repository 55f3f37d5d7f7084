import type { AttentionMass } from "./measurement.ts";
import type { Spread } from "./summary.ts";

/** A Markdown table. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

/** `+1.25`, `-0.30` */
export function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(2)}`;
}

/** A chance as people read it: `0.031`, `4e-12`. */
export function chance(p: number): string {
  if (p < 1e-16) return "< 1e-16";
  return p < 1e-3 ? p.toExponential(0) : p.toPrecision(2);
}

/** Of a share, without the sign: `76.87`. */
export function percent(share: number): string {
  return (100 * share).toFixed(2);
}

/** In percent: `76.87 (1.46)`, or the mean alone where there is no deviation. */
export function percentSpread({ mean, deviation }: Spread): string {
  return Number.isNaN(deviation) ? percent(mean) : `${percent(mean)} (${percent(deviation)})`;
}

/** `.54 / .30 / .16`: labels, distractors, noise. */
export function massCells(mass: AttentionMass | undefined): string {
  if (mass === undefined) return "";
  return [mass.label, mass.distractor, mass.noise].map((part) => part.toFixed(2).replace(/^0/, "")).join(" / ");
}
