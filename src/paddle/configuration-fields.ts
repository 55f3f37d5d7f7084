import { type Field, path, wholeNumber } from "../formats/fields.ts";

/** What every section of the configuration that reads data has. */
export function dataFields(): {
  readonly batch_size: Field<number>;
  readonly filelist: Field<string>;
  readonly url_title_label_file: Field<string>;
} {
  return {
    batch_size: wholeNumber(1),
    filelist: path("the name of a folder"),
    url_title_label_file: path("the name of a file"),
  };
}

/** @param accepts the lists, which `expected` describes */
export function wholeNumbers(
  expected: string,
  accepts: (list: readonly number[]) => boolean,
): Field<readonly number[]> {
  const { check } = wholeNumber(1);
  return {
    expected,
    check: (value) =>
      Array.isArray(value) && value.every((item) => check(item) !== undefined) && accepts(value) ? value : undefined,
  };
}
