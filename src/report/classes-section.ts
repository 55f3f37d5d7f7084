import { counted, decimals } from "./figure-text.ts";
import { type Html, html } from "./html.ts";
import type { ClassFigures } from "./report-figures.ts";
import { type Column, reportTable } from "./report-table.ts";

/** More labels than these are not listed. */
const MOST_LABELS = 400;

const COLUMNS: readonly Column<ClassFigures>[] = [
  { title: "Label", kind: "text", value: ({ label }) => label },
  { title: "Support", kind: "number", value: ({ support }) => support },
  { title: "Average precision", kind: "number", value: ({ averagePrecision }) => averagePrecision, show: decimals },
  { title: "Precision", kind: "number", value: ({ precision }) => precision, show: decimals },
  { title: "Recall", kind: "number", value: ({ recall }) => recall, show: decimals },
  { title: "F1", kind: "number", value: ({ f1 }) => f1, show: decimals },
  { title: "Threshold", kind: "number", value: ({ threshold }) => threshold, show: decimals },
];

const HELD_OUT: Html = html`The thresholds shown were tuned on all these videos. Precision, recall and F1 are not of them, as they
would look better than they are: each video was judged by thresholds that were tuned on the other half of the videos.`;

/**
 * A row a label; of very many labels those with the most videos.
 *
 * @param areHeldOut whether videos were judged by thresholds that they had no part in
 */
export function classesSection(classes: readonly ClassFigures[], areHeldOut: boolean): Html {
  const listed =
    classes.length > MOST_LABELS ? classes.toSorted((a, b) => b.support - a.support).slice(0, MOST_LABELS) : classes;
  const left = classes.length - listed.length;
  return html`<p>Support is the number of validation videos that have the label. A label is predicted where its
probability reaches its threshold. Where there is nothing to divide by - no video has the label, or it is predicted
for none - precision, recall and F1 are 0, as scikit-learn has it, and average precision is a dash.
${areHeldOut ? HELD_OUT : ""} A press on a header sorts.</p>
${left > 0 ? html`<p>Left out: the ${counted(left, "label")} with the least support.</p>` : ""}
${reportTable("Labels", COLUMNS, listed, { sortable: true })}`;
}
