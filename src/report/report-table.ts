import { counted, NO_FIGURE } from "./figure-text.ts";
import { type Html, html, isolated } from "./html.ts";

/** A column of a table; what a row shows there, and what it is sorted by. */
export interface Column<Row> {
  readonly title: string;
  /** A text column is sorted as text, others as numbers. */
  readonly kind: "text" | "number";
  /** NaN where there is no number: it is shown as a dash and sorted last. */
  readonly value: (row: Row) => string | number;
  /** How a number is shown. Default: as it is. */
  readonly show?: (value: number) => string;
}

/**
 * A table that scrolls inside a box of its own.
 *
 * @param caption says what the rows are
 * @param sortable gives each header a button that sorts the rows by it
 */
export function reportTable<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { sortable = false }: { readonly sortable?: boolean } = {},
): Html {
  const headers = columns.map(({ title, kind }) => {
    const label = sortable ? html`<button type="button">${title}</button>` : title;
    return html`<th scope="col" class="${kind}" data-kind="${kind}">${label}</th>`;
  });
  const body = rows.map((row) => html`<tr>${columns.map((column) => cell(column, row))}</tr>\n`);
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
<table${sortable ? html` data-sortable` : ""}><caption>${caption} (${counted(rows.length, "row")})</caption>
<thead><tr>${headers}</tr></thead>
<tbody>
${body}</tbody></table></div>`;
}

function cell<Row>({ kind, value, show = String }: Column<Row>, row: Row): Html {
  const found = value(row);
  if (typeof found === "string") return html`<td class="${kind}">${isolated(found)}</td>`;
  const shown = Number.isFinite(found) ? show(found) : NO_FIGURE;
  return html`<td class="${kind}" data-value="${Number.isFinite(found) ? found : ""}">${shown}</td>`;
}
