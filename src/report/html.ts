/** Markup, as opposed to text: only `html` makes it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type HtmlContent = string | number | Html | readonly HtmlContent[];

/**
 * A template whose values are escaped unless they are Html themselves: no text that comes from a file can become
 * markup, whatever it holds. Values may stand between tags and inside quoted attributes.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlContent[]): Html {
  return new Html(parts.map((part, index) => part + (index < values.length ? markupOf(values[index]) : "")).join(""));
}

/**
 * Text of unknown direction, set apart: it cannot reorder what stands around it.
 * Characters that would do so, or that cannot be seen, are shown by their number.
 */
export function isolated(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

function markupOf(value: HtmlContent | undefined): string {
  if (value instanceof Html) return value.markup;
  if (typeof value === "object") return value.map(markupOf).join("");
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters, those that turn the direction of text, line separators and halves of surrogate pairs. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;

function escapeText(text: string): string {
  return text
    .replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
