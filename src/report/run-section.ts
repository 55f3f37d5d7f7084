import { type Html, html, isolated } from "./html.ts";
import type { RunReport } from "./run-report.ts";

/** More values of a list than these are not shown. */
const MOST_VALUES = 50;

/** What the run was told, and what it ran on. */
export function runSection({ configuration, environment }: RunReport): Html {
  const sections = Object.entries(configuration).map(([name, keys]) => keyTable(name, Object.entries(keys)));
  return html`<div class="tables">${sections}${keyTable("Environment", Object.entries(environment))}</div>`;
}

function keyTable(
  caption: string,
  entries: readonly (readonly [string, RunReport["configuration"][string][string]])[],
): Html {
  const rows = entries.map(
    ([key, value]) => html`<tr><th scope="row">${isolated(key)}</th><td>${isolated(textOf(value))}</td></tr>
`,
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
<table class="keys"><caption>${isolated(caption)}</caption><tbody>${rows}</tbody></table></div>`;
}

function textOf(value: RunReport["configuration"][string][string]): string {
  if (typeof value !== "object") return String(value);
  const left = value.length - MOST_VALUES;
  return value.slice(0, MOST_VALUES).join(", ") + (left > 0 ? ` and ${left} more` : "");
}
