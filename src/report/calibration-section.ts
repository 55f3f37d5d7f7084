import type { CalibrationErrorResult, ReliabilityBin } from "../metrics/calibration-error.ts";
import { counted, decimals, thousands } from "./figure-text.ts";
import { type Html, html } from "./html.ts";
import { plotFigure } from "./plot.ts";
import { type Column, reportTable } from "./report-table.ts";

const COLUMNS: readonly Column<ReliabilityBin>[] = [
  { title: "From", kind: "number", value: ({ lower }) => lower, show: decimals },
  { title: "To", kind: "number", value: ({ upper }) => upper, show: decimals },
  { title: "Count", kind: "number", value: ({ count }) => count, show: thousands },
  {
    title: "Mean probability",
    kind: "number",
    value: ({ meanScore }) => meanScore,
    show: decimals,
  },
  { title: "Share true", kind: "number", value: ({ frequency }) => frequency, show: decimals },
];

/** The reliability plot: whether what is called 70 % likely is true in 70 % of cases. */
export function calibrationSection({ bins, error }: CalibrationErrorResult): Html {
  const observed = bins.map(({ meanScore, frequency }) => [meanScore, frequency] as const);
  const plot = {
    title: "Reliability",
    xLabel: "mean probability",
    yLabel: "share true",
    ends: [0, 1],
    series: [
      {
        name: "perfect",
        colour: 3,
        dashed: true,
        points: [
          [0, 0],
          [1, 1],
        ],
      },
      { name: "this model", colour: 1, points: observed },
    ],
  } as const;
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const description = `Expected calibration error ${decimals(error)} over ${thousands(count)} probabilities.`;
  return html`<p>Every probability of every label in every video goes into one of ${counted(bins.length, "bin")} of equal
width. A point is a bin: how likely its labels were called, and how often they were true. On the dashed line the two are
equal; below it the model promises too much. The expected calibration error is the distance from that line, averaged
over all probabilities. With many labels most probabilities are close to 0, and they decide it: look at the bins, too.</p>
<div class="side-by-side">${plotFigure(plot, description)}
${reportTable("Bins of probabilities", COLUMNS, bins)}</div>`;
}
