import { calibrationSection } from "./calibration-section.ts";
import { classesSection } from "./classes-section.ts";
import { curvesSection } from "./curves-section.ts";
import { counted, decimals, percent } from "./figure-text.ts";
import { Html, html, isolated } from "./html.ts";
import { mixUpsSection } from "./mix-ups-section.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { computeFigures, type ReportFigures } from "./report-figures.ts";
import type { RunReport } from "./run-report.ts";
import { runSection } from "./run-section.ts";
import { videosSection } from "./videos-section.ts";

/** Chart.js as text: a script that defines `Chart`. */
export interface PlottingLibrary {
  readonly script: string;
  /** Its licence, which has to go with it. */
  readonly licence: string;
}

/**
 * A training run as one page of HTML that needs no network and no other file. It is the same for the same run. Whatever
 * comes from files is escaped; of long lists a part is shown, and what was left out is said.
 *
 * @throws RangeError when a video's scores or the thresholds are not one a label, or a score is NaN
 */
export function renderReport(report: RunReport, library: PlottingLibrary): string {
  const figures = computeFigures(report);
  const sections = [
    { id: "curves", title: "Curves", content: curvesSection(report, figures.best) },
    { id: "labels", title: "Labels", content: classesSection(figures.classes, report.heldOutThresholds !== undefined) },
    { id: "calibration", title: "Calibration", content: calibrationSection(figures.calibration) },
    { id: "mix-ups", title: "Mixed-up labels", content: mixUpsSection(figures.mixUps, report.labels) },
    { id: "videos", title: "Best and worst videos", content: videosSection(report, figures.videoLosses) },
    { id: "run", title: "Configuration and environment", content: runSection(report) },
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${report.name}: training run</title>
<style>${new Html(PAGE_STYLE)}</style>
</head>
<body>
<header>
<h1>${isolated(report.name)}</h1>
<p class="muted">${describeRun(report, figures)}</p>
<noscript><p>Without JavaScript the plots are not drawn and tables are not sorted; all numbers are in the tables.</p></noscript>
<nav aria-label="Sections">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
</header>
<main>
${headline(figures, report.heldOutThresholds !== undefined)}
${warningList(report.warnings)}
${sections.map(({ id, title, content }) => html`<section id="${id}"><h2>${title}</h2>\n${content}</section>\n`)}
</main>
<script>${scriptText(`/*\n${library.licence.trim()}\n*/\n${library.script}`)}</script>
<script>${scriptText(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.markup;
}

function describeRun({ epochs, videos, labels }: RunReport, { best }: ReportFigures): string {
  const course = `${counted(epochs.length, "epoch")}${best === undefined ? "" : `, the best of them epoch ${best.epoch}`}`;
  return `${course}. Measured on ${counted(videos.length, "validation video")} with ${counted(labels.length, "label")}.`;
}

function headline(figures: ReportFigures, areHeldOut: boolean): Html {
  const rows = figures.headline.map(({ name, value }) => {
    return [name, name.startsWith("Hit@") ? percent(value) : decimals(value)] as const;
  });
  return html`<dl class="headline">${rows.map(([name, figure]) => html`<div><dt>${name}</dt><dd>${figure}</dd></div>\n`)}</dl>
<p class="muted">Of the best checkpoint, on the validation videos.
${areHeldOut ? "F1 is by thresholds that each video had no part in: tuned on the other half of the videos." : ""}</p>`;
}

function warningList(warnings: readonly string[]): Html {
  if (warnings.length === 0) return html``;
  const listed = warnings.slice(0, MOST_WARNINGS);
  const left = warnings.length - listed.length;
  return html`<h2>Warnings</h2><ul class="warnings">${listed.map((warning) => html`<li>${isolated(warning)}</li>\n`)}</ul>
${left > 0 ? html`<p>Left out: ${counted(left, "warning")}.</p>` : ""}`;
}

const MOST_WARNINGS = 100;

/**
 * A script as the content of its element, without the address of its source map: the page asks nothing of the network.
 *
 * @throws RangeError when it holds what ends or hides the element
 */
function scriptText(script: string): Html {
  if (/<(\/script|!--)/i.test(script)) throw new RangeError("A script of a page must not hold </script or <!--.");
  return new Html(script.replace(/^\/\/# sourceMappingURL=.*$/gm, ""));
}
