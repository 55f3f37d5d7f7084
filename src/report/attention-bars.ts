import { percent } from "./figure-text.ts";
import { type Html, html } from "./html.ts";

/** More bars than these are narrower than a pixel. */
const MOST_BARS = 240;
const HEIGHT = 40;

/**
 * Attention over time as bars in a row, the highest as high as the picture. Longer sequences than 240 rows are summed
 * over as many rows a bar as it takes.
 *
 * @param weights a weight for each row of features
 */
export function attentionBars(weights: ArrayLike<number>, modality: string): Html {
  const rowsPerBar = Math.ceil(weights.length / MOST_BARS) || 1;
  const bars = Array.from({ length: Math.ceil(weights.length / rowsPerBar) }, (_, bar) => {
    let sum = 0;
    for (let row = bar * rowsPerBar; row < Math.min((bar + 1) * rowsPerBar, weights.length); row++) {
      sum += weights[row] as number;
    }
    return sum;
  });
  const highest = Math.max(...bars, Number.MIN_VALUE);
  const top = bars.indexOf(highest);
  const path = bars.map((bar, index) => {
    const height = Math.round((HEIGHT * 10 * bar) / highest) / 10;
    return `M${index} ${HEIGHT}v-${height}h.8v${height}z`;
  });
  const [first, last] = [top * rowsPerBar + 1, Math.min((top + 1) * rowsPerBar, weights.length)];
  const rows = first === last ? `row ${first}` : `rows ${first} to ${last}`;
  const text = `${modality}: ${weights.length} rows of features, most attention (${percent(highest)}) on ${rows}.`;
  return html`<div class="attention">
<svg viewBox="0 0 ${Math.max(bars.length, 1)} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${text}">
<path d="${path.join("")}"></path></svg>
<p>${text}${rowsPerBar === 1 ? "" : ` A bar is the sum of ${rowsPerBar} rows.`}</p>
</div>`;
}
