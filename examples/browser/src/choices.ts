import { element } from "./element.ts";

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly title: string;
  /** For readers who want to know more, and for those who hear the page. */
  readonly hint?: string;
}

/** Fills a fieldset's row with one radio button a choice: arrow keys move among them, Tab leaves the row. */
export function showChoices<Value extends string>(
  row: HTMLElement,
  name: string,
  choices: readonly Choice<Value>[],
  onChoose: (value: Value) => void,
): void {
  row.replaceChildren(
    ...choices.map(({ value, title, hint }) => {
      const button = element("input", { type: "radio", name, value });
      button.addEventListener("change", () => onChoose(value));
      return element("label", hint === undefined ? {} : { title: hint }, button, element("span", {}, title));
    }),
  );
}

/** Marks a choice without telling anybody. */
export function markChoice(row: HTMLElement, value: string | undefined): void {
  for (const button of row.querySelectorAll("input")) button.checked = button.value === value;
}
