import { describeValue, type ReadOptions } from "./format-error.ts";
import { nearestName } from "./nearest-name.ts";

/**
 * Checks a reader's options at its door, for callers in plain JavaScript.
 *
 * @param more names that it takes beside `file`
 * @throws TypeError such as `readPickle: there is no option "fiel". Did you mean file?`
 */
export function expectReadOptions<Options extends ReadOptions>(
  reader: string,
  options: Options,
  more: readonly (keyof Options & string)[] = [],
): Options {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${reader}: its options must be an object with a file's name. Got ${describeValue(options)}.`);
  }
  const known: readonly string[] = ["file", ...more];
  const other = Object.keys(options).find((name) => !known.includes(name));
  if (other !== undefined) {
    const nearest = nearestName(other, known);
    const hint = nearest === undefined ? `It takes ${known.join(", ")}.` : `Did you mean ${nearest}?`;
    throw new TypeError(`${reader}: there is no option ${JSON.stringify(other)}. ${hint}`);
  }
  if (typeof options.file !== "string") {
    throw new TypeError(`${reader}: file must be a text. Got ${describeValue(options.file)}.`);
  }
  return options;
}
