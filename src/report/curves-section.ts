import type { RunEpoch } from "../formats/run-metrics.ts";
import { counted, decimals, percent } from "./figure-text.ts";
import { type Html, html } from "./html.ts";
import { type Plot, type PlotSeries, plotFigure } from "./plot.ts";
import { type Column, reportTable } from "./report-table.ts";
import type { RunReport } from "./run-report.ts";

/** More epochs than these are not listed; the curves show all of them. */
const MOST_EPOCHS = 300;

/** Loss, Hit@k and learning rate over the epochs, with the best epoch marked, and the numbers behind them. */
export function curvesSection({ epochs, trainingLoss }: RunReport, best: RunEpoch | undefined): Html {
  const last = epochs.at(-1);
  if (last === undefined) return html`<p>No epoch was finished.</p>`;
  const common = {
    xLabel: "epoch",
    wholeX: true,
    ...(best && { mark: { x: best.epoch, name: `best: epoch ${best.epoch}` } }),
  } satisfies Partial<Plot>;
  const series = (name: string, colour: number, value: (epoch: RunEpoch) => number): PlotSeries => ({
    name,
    colour,
    points: epochs.map((epoch) => [epoch.epoch, value(epoch)]),
  });
  const ks = Object.keys(last.valid.hitAtK);
  const hit = (k: string) => (epoch: RunEpoch) => epoch.valid.hitAtK[k] ?? Number.NaN;
  const losses = [series("train", 1, ({ loss }) => loss), series("valid", 2, ({ valid }) => valid.loss)];
  const hits = ks.map((k, index) => series(`Hit@${k}`, index + 1, hit(k)));
  const rates = [series("learning rate", 1, ({ learningRate }) => learningRate)];
  return html`${
    trainingLoss === undefined
      ? ""
      : html`<p>The loss in training is ${trainingLoss}, that of validation
cross-entropy: compare the course of the two, not their height.</p>`
  }
<div class="plots">
${plotFigure({ ...common, title: "Loss", yLabel: "mean loss a video", series: losses }, describe(losses))}
${plotFigure({ ...common, title: "Hit@k", yLabel: "share of videos", series: hits, fromZero: true }, describe(hits))}
${plotFigure({ ...common, title: "Learning rate", yLabel: "learning rate", series: rates, fromZero: true }, describe(rates))}
</div>
<details><summary>The numbers behind the curves</summary>
${epochTable(epochs, ks, hit)}</details>`;
}

function epochTable(
  epochs: readonly RunEpoch[],
  ks: readonly string[],
  hit: (k: string) => (epoch: RunEpoch) => number,
): Html {
  const number = (title: string, value: Column<RunEpoch>["value"], show: (value: number) => string) =>
    ({ title, kind: "number", value, show }) as const;
  const columns: Column<RunEpoch>[] = [
    number("Epoch", ({ epoch }) => epoch, String),
    number("Learning rate", ({ learningRate }) => learningRate, significant),
    number(
      "Train loss",
      ({ loss }) => loss,
      (loss) => decimals(loss, 4),
    ),
    number(
      "Valid loss",
      ({ valid }) => valid.loss,
      (loss) => decimals(loss, 4),
    ),
    ...ks.map((k) => number(`Hit@${k}`, hit(k), percent)),
    number("mAP", ({ valid }) => valid.meanAveragePrecision, percent),
    { title: "Best so far", kind: "text", value: ({ isBest }) => (isBest ? "yes" : "") },
  ];
  const listed = epochs.slice(-MOST_EPOCHS);
  const left = epochs.length - listed.length;
  return html`${reportTable("Every epoch", columns, listed, { sortable: true })}
${left > 0 ? html`<p>Left out: the first ${counted(left, "epoch")}.</p>` : ""}`;
}

/** `train: from 6.58 to 4.42; valid: ...` */
function describe(series: readonly PlotSeries[]): string {
  const ends = series.map(({ name, points }) => {
    const [first, last] = [points[0]?.[1] ?? Number.NaN, points.at(-1)?.[1] ?? Number.NaN];
    return points.length === 1
      ? `${name} ${significant(first)}`
      : `${name} from ${significant(first)} to ${significant(last)}`;
  });
  return `Over ${counted(series[0]?.points.length ?? 0, "epoch")}: ${ends.join("; ")}.`;
}

function significant(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "no number";
}
