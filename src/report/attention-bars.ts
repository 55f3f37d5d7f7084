import type { AttendedRow } from "../tagging/attended-rows.ts";
import { counted, percent, seconds } from "./figure-text.ts";
import { type Html, html } from "./html.ts";

/** More bars than these are narrower than a pixel. */
const MOST_BARS = 240;
const HEIGHT = 40;

/**
 * Attention over time as bars in a row, the highest as high as the picture, in seconds where the rows tell them. Longer
 * sequences than 240 rows are summed over as many rows a bar as it takes.
 *
 * @param rows all rows of a modality, in order
 */
export function attentionBars(rows: readonly AttendedRow[], modality: string): Html {
  const rowsPerBar = Math.ceil(rows.length / MOST_BARS) || 1;
  const bars = Array.from({ length: Math.ceil(rows.length / rowsPerBar) }, (_, bar) => {
    const own = rows.slice(bar * rowsPerBar, (bar + 1) * rowsPerBar);
    return { own, weight: own.reduce((sum, { weight }) => sum + weight, 0) };
  });
  const highest = Math.max(...bars.map(({ weight }) => weight), Number.MIN_VALUE);
  const path = bars.map(({ weight }, index) => {
    const height = Math.round((HEIGHT * 10 * weight) / highest) / 10;
    return `M${index} ${HEIGHT}v-${height}h.8v${height}z`;
  });
  const [begin, end] = [placeOf(rows.slice(0, 1)), placeOf(rows.slice(-1))];
  const length = rows.at(-1)?.end;
  const size = `${counted(rows.length, "row")} of features${length === undefined ? "" : ` in ${seconds(length)}`}`;
  const most = placeOf(bars.find(({ weight }) => weight === highest)?.own ?? []);
  const text = `${modality}: ${size}, most attention (${percent(highest)}) ${most?.where ?? "nowhere"}.`;
  return html`<div class="attention">
<svg viewBox="0 0 ${Math.max(bars.length, 1)} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${text}">
<path d="${path.join("")}"></path></svg>
<p class="ends"><span>${begin?.from ?? ""}</span><span>${end?.to ?? ""}</span></p>
<p>${text}${rowsPerBar === 1 ? "" : ` A bar is the sum of ${rowsPerBar} rows.`}</p>
</div>`;
}

/** Where neighbouring rows lie: in time where it is known, else by their numbers, from 1. */
function placeOf(
  rows: readonly AttendedRow[],
): { readonly from: string; readonly to: string; readonly where: string } | undefined {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (first.start !== undefined && last.end !== undefined) {
    const [from, to] = [seconds(first.start), seconds(last.end)];
    return { from, to, where: `from ${from} to ${to}` };
  }
  const [from, to] = [`row ${first.row + 1}`, `row ${last.row + 1}`];
  return { from, to, where: first === last ? `on ${from}` : `on rows ${first.row + 1} to ${last.row + 1}` };
}
