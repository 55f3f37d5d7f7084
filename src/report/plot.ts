import { type Html, html } from "./html.ts";

/** What a plot shows; the page's script draws it. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly PlotSeries[];
  /** Where a vertical line stands, and its name. */
  readonly mark?: { readonly x: number; readonly name: string };
  /** The ends of both axes; else they fit the values. */
  readonly ends?: readonly [number, number];
  /** Whether only whole numbers can stand on the horizontal axis. */
  readonly wholeX?: boolean;
  /** Whether the vertical axis begins at 0. */
  readonly fromZero?: boolean;
}

export interface PlotSeries {
  readonly name: string;
  /** Which of the page's colours of lines, from 1. */
  readonly colour: number;
  readonly dashed?: boolean;
  /** A point with a value that is not finite is left out. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/**
 * A plot with its explanation. The values go into an attribute, where the escaping of `html` holds for them too.
 *
 * @param description what can be seen, in a sentence, for those who do not see it
 */
export function plotFigure(plot: Plot, description: string): Html {
  const series = plot.series.map(({ points, ...rest }) => ({ ...rest, points: points.filter(isFinitePoint) }));
  return html`<figure class="plot">
<h3>${plot.title}</h3>
<div class="canvas"><canvas role="img" aria-label="${`${plot.title}. ${description}`}" data-plot="${JSON.stringify({ ...plot, series })}"></canvas></div>
<figcaption>${description}</figcaption>
</figure>`;
}

function isFinitePoint([x, y]: readonly [number, number]): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}
