import { type Field, type FieldEntry, filledText, readFields, wholeNumber } from "./fields.ts";
import { describeValue, FormatError } from "./format-error.ts";
import type { JsonValue } from "./json.ts";

/** A file beside the manifest, and how to tell that it is whole. */
export interface ManifestFile {
  /** Its name, without a folder. */
  readonly file: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** What every manifest of ours begins with. */
export interface ManifestFormat {
  readonly format: string;
  readonly version: number;
}

/** @throws FormatError when a manifest is of another kind or version */
export function expectFormat(root: JsonValue, expected: ManifestFormat, file: string): void {
  const { format, version } = readObject(root, { format: anything(), version: anything() }, file, undefined);
  if (format === expected.format && version === expected.version) return;
  const wanted = `expected format ${JSON.stringify(expected.format)} and version ${expected.version}`;
  throw new FormatError(file, undefined, `${wanted}. Got ${describeValue(format)} and ${describeValue(version)}.`);
}

/** Reads the keys of a JSON object by a table of fields. */
export function readObject<Fields extends Readonly<Record<string, Field<unknown>>>>(
  value: JsonValue,
  fields: Fields,
  file: string,
  where: string | undefined,
): ReturnType<typeof readFields<Fields>> {
  if (!(value instanceof Map)) throw new FormatError(file, where, `expected an object. Got ${describeValue(value)}.`);
  const entries = [...value].map(([key, entry]): [string, FieldEntry] => [key, { value: entry }]);
  return readFields(fields, new Map(entries), file, where);
}

export function readManifestFile(value: JsonValue, file: string, where: string): ManifestFile {
  return readObject(value, { file: plainName(), bytes: wholeNumber(0), sha256: digest() }, file, where);
}

/** A value that is checked elsewhere. */
export function anything(): Field<JsonValue> {
  return { expected: "a value", check: (value) => value as JsonValue };
}

/** A name that stays in its folder. */
function plainName(): Field<string> {
  const { check } = filledText("");
  return {
    expected: "the name of a file, without a folder",
    check: (value) => (/[/\\\0]|^\.\.?$/.test(check(value) ?? "/") ? undefined : (value as string)),
  };
}

/** A SHA-256. */
export function digest(): Field<string> {
  return {
    expected: "64 hexadecimal digits",
    check: (value) => (typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : undefined),
  };
}
