import type { Explanation } from "../tagging/explanation.ts";
import { NO_FIGURE } from "./figure-text.ts";
import { type Html, html, isolated } from "./html.ts";
import type { VideoReasons } from "./run-report.ts";

/** What a logit is the sum of, by name, in the order of the bars: the modalities in the model's order, then the bias. */
type Shares = ReadonlyMap<string, number>;

/** So many modalities have colours of their own. */
const COLOURS = 5;

const HEIGHT = 10;

/**
 * What each modality added to each of some labels: a bar a label, all on one scale. What speaks for the label goes to the
 * right of the line at 0, what speaks against it to the left; the mark is their sum, the logit. The numbers stand below.
 *
 * @param classes the labels' indices
 */
export function contributionBars(
  { explanation, present }: VideoReasons,
  classes: readonly number[],
  labels: readonly string[],
): Html {
  const all = classes.map((index) => sharesOf(explanation, index));
  const [most, least] = [
    Math.max(...all.map((shares) => sumOf(shares, 1))),
    Math.max(...all.map((shares) => sumOf(shares, -1))),
  ];
  // In a unit of its own, so that no number is smaller than a picture can tell.
  const unit = (most + least || 1) / 1000;
  const absent = (part: string) => part !== "bias" && !present.includes(part);
  return html`<div class="contributions">${classes.map((index, place) => {
    const shares = all[place] as Shares;
    const parts = [...shares];
    const numbers = parts.map(([part, share], index) => {
      return html`<span><i class="${classOf(part, index)}"></i>${part}${absent(part) ? " (absent)" : ""} ${signed(share)}</span> `;
    });
    const logit = parts.reduce((sum, [, share]) => sum + share, 0);
    const text = parts.map(([part, share]) => `${part} ${signed(share)}`).join(", ");
    return html`<p>${isolated(labels[index] ?? "")}: ${signed(logit)}</p>
<svg viewBox="0 0 1000 ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${`${labels[index]}: ${text}, together ${signed(logit)}.`}">
${bars(shares, least / unit, unit)}<path class="zero" d="M${round(least / unit)} 0v${HEIGHT}"></path><path class="sum" d="M${round((least + logit) / unit)} 0v${HEIGHT}"></path></svg>
<p class="numbers">${numbers}</p>
`;
  })}</div>`;
}

function sharesOf({ bias, contributions }: Explanation, index: number): Shares {
  return new Map(Object.entries({ ...contributions, bias }).map(([part, values]) => [part, values[index] as number]));
}

/** The colour of a part. */
function classOf(part: string, index: number): string {
  return part === "bias" ? part : `m${index % COLOURS}`;
}

/** How far the shares of one sign reach from 0. */
function sumOf(shares: Shares, sign: 1 | -1): number {
  return [...shares.values()].reduce((sum, share) => sum + Math.max(0, sign * share), 0);
}

/** A rectangle a share, those of one sign end to end. */
function bars(shares: Shares, zero: number, unit: number): Html[] {
  let [left, right] = [zero, zero];
  return [...shares].flatMap(([part, share], index) => {
    const length = Math.abs(share) / unit;
    if (length === 0) return [];
    if (share < 0) left -= length;
    const begin = share < 0 ? left : right;
    if (share > 0) right += length;
    return [
      html`<path class="${classOf(part, index)}" d="M${round(begin)} 1h${round(length)}v${HEIGHT - 2}h-${round(length)}z"></path>`,
    ];
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A number with its sign, as `+1.25` and `−0.50`. */
function signed(value: number): string {
  if (!Number.isFinite(value)) return NO_FIGURE;
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}
