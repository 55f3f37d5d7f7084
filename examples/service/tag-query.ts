import { closest, distance } from "fastest-levenshtein";
import { Refusal } from "./refusal.ts";

/** What the query of `POST /tags` may say. */
export interface TagQuery {
  readonly title?: string;
}

const NAMES = ["title"];
const MAX_TITLE = 2000;

/**
 * Reads what stands behind the `?` of an address, and passes nothing over: a misspelt `titel` would cost a video its title,
 * and nobody would see why its tags are worse.
 *
 * @throws Refusal (400) for an unknown name, a name that comes twice, text that is not percent-encoded UTF-8, or a long title
 */
export function readTagQuery(address: string): TagQuery {
  const begin = address.indexOf("?");
  const pairs = begin === -1 ? [] : address.slice(begin + 1).split("&");
  const values = new Map<string, string[]>();
  for (const pair of pairs.filter((text) => text !== "")) {
    const [name = "", ...value] = pair.split("=");
    const own = decode(name);
    if (!NAMES.includes(own)) throw unknownName(own);
    values.set(own, [...(values.get(own) ?? []), decode(value.join("="))]);
  }
  for (const [name, { length }] of values) {
    if (length > 1) throw new Refusal(400, `${name} must come once. Got it ${length} times.`);
  }
  const title = values.get("title")?.[0];
  if (title === undefined) return {};
  if (title.length > MAX_TITLE) {
    throw new Refusal(400, `title may have ${MAX_TITLE} characters at most. Got ${title.length}.`);
  }
  return { title };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Refusal(400, "The query must be percent-encoded UTF-8.");
  }
}

function unknownName(name: string): Refusal {
  const shown = JSON.stringify(name.slice(0, 60));
  const nearest = closest(name.slice(0, 60).toLowerCase(), NAMES);
  const isNear = distance(name.toLowerCase(), nearest) <= 2;
  const hint = isNear ? `Did you mean ${nearest}?` : `There is ${NAMES.join(" and ")}.`;
  return new Refusal(400, `There is no query parameter ${shown}. ${hint}`);
}
