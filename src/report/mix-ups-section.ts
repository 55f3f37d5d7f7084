import { counted, percent } from "./figure-text.ts";
import { type Html, html } from "./html.ts";
import type { LabelMixUp, LabelMixUps } from "./label-mix-ups.ts";
import { reportTable } from "./report-table.ts";

/** Which labels are predicted in place of, or beside, which others. */
export function mixUpsSection({ pairs, total }: LabelMixUps, labels: readonly string[]): Html {
  const left = total - pairs.length;
  const table = reportTable<LabelMixUp>(
    "Labels most often mixed up",
    [
      { title: "True", kind: "text", value: ({ present }) => labels[present] ?? "" },
      { title: "Wrongly predicted", kind: "text", value: ({ predicted }) => labels[predicted] ?? "" },
      { title: "Videos", kind: "number", value: ({ videos }) => videos },
      { title: "Of", kind: "number", value: ({ of }) => of },
      { title: "Share", kind: "number", value: ({ videos, of }) => videos / of, show: percent },
    ],
    pairs,
    { sortable: true },
  );
  return html`<p>A video can have several labels, so there is no plain confusion matrix. For two labels A and B this
counts the videos where A is true, B is not, and B is predicted all the same ("Videos"), among all videos where A is true
and B is not ("Of"). Whether A was found as well does not matter. Videos are
judged by the same thresholds as in the table of labels.</p>
${total === 0 ? html`<p>No label was predicted where it is not true.</p>` : table}
${left > 0 ? html`<p>Left out: ${counted(left, "rarer pair")}.</p>` : ""}`;
}
