import { describeValue, FormatError, quoteList } from "./format-error.ts";

/** What the value of one key must be. A table of fields is the only list of the keys of a file. */
export interface Field<Value, Input = Value> {
  /** Completes "... must be" */
  readonly expected: string;
  /** The checked value, or undefined when it is not what is expected. */
  readonly check: (value: unknown) => Value | undefined;
  /** What to do about such a value, where that can be told: a sentence. */
  readonly advice?: (value: unknown) => string | undefined;
  /** What a missing key means; a key without it is required. */
  readonly fallback?: { readonly value: Value };
  /** A value that has keys of its own is read by this in place of `check`, so that an error names the key within it. */
  readonly read?: (value: unknown, place: Place) => Value;
  /** For the compiler alone: what a program may write for the value, where defaults may be left out. */
  readonly input?: Input;
}

/** A field whose key may be missing. */
export type OptionalField<Value, Input = Value> = Field<Value, Input> & {
  readonly fallback: { readonly value: Value };
};

/** Where a value stands, and what to throw when it is wrong. */
export interface Place {
  /** The keys that lead to it, as `modalities.image.pooling`; empty for the whole. */
  readonly path: string;
  readonly complain: (path: string, problem: string) => Error;
}

export type FieldValues<Fields> = { [Key in keyof Fields]: Fields[Key] extends Field<infer Value> ? Value : never };

/** A value as it stands in a file. */
export interface FieldEntry {
  readonly value: unknown;
  /** Where it stands, for messages; undefined when the key says it all. */
  readonly line?: number;
}

/**
 * Reads the keys of a table; others are passed over.
 *
 * @param where names the table in messages, for example "section [TRAIN]"; undefined when the file is all there is
 * @throws FormatError for a required key that is missing and for a value that is not what its field expects
 */
export function readFields<Fields extends Readonly<Record<string, Field<unknown>>>>(
  fields: Fields,
  entries: ReadonlyMap<string, FieldEntry>,
  file: string,
  where?: string,
): FieldValues<Fields> {
  const values = Object.entries(fields).map(([key, field]) => {
    const entry = entries.get(key);
    if (entry === undefined) {
      if (field.fallback === undefined) throw new FormatError(file, where, `expected the key ${key}. Got none.`);
      return [key, field.fallback.value];
    }
    const value = field.check(entry.value);
    if (value === undefined) {
      const came = Array.isArray(entry.value) ? quoteList(entry.value) : describeValue(entry.value);
      const place = entry.line === undefined ? where : `line ${entry.line}`;
      const advice = field.advice?.(entry.value);
      const problem = `${key} must be ${field.expected}. Got ${came}.`;
      throw new FormatError(file, place, advice === undefined ? problem : `${problem} ${advice}`);
    }
    return [key, value];
  });
  return Object.fromEntries(values) as FieldValues<Fields>;
}

/** The same field for a key that may be missing. */
export function withDefault<Value, Input>(field: Field<Value, Input>, value: Value): OptionalField<Value, Input> {
  return { ...field, fallback: { value } };
}

/** The same field for a key that may be missing and is then undefined. */
export function optional<Value, Input>(
  field: Field<Value, Input>,
): OptionalField<Value | undefined, Input | undefined> {
  return { ...field, fallback: { value: undefined } };
}

export function wholeNumber(least: number): Field<number> {
  return {
    expected: `a whole number of at least ${least}`,
    check: (value) => (typeof value === "number" && Number.isSafeInteger(value) && value >= least ? value : undefined),
  };
}

/**
 * A finite number.
 *
 * @param accepts the range, which `expected` describes
 */
export function numberIn(expected: string, accepts: (value: number) => boolean): Field<number> {
  const isNumber = (value: unknown): value is number => Number.isFinite(value);
  return { expected, check: (value) => (isNumber(value) && accepts(value) ? value : undefined) };
}

export function fraction(): Field<number> {
  return numberIn("a number from 0 to 1", (value) => value >= 0 && value <= 1);
}

/** The chance of a value to be dropped: with 1 nothing would be left. */
export function dropoutRate(): Field<number> {
  return numberIn("a number from 0 to 1, without 1", (rate) => rate >= 0 && rate < 1);
}

export function flag(expected: string): Field<boolean> {
  return { expected, check: (value) => (typeof value === "boolean" ? value : undefined) };
}

export function filledText(expected: string): Field<string> {
  return { expected, check: (value) => (typeof value === "string" && value !== "" ? value : undefined) };
}

/** The name of a file or folder. What Windows' backslashes become in a Python text is none. */
export function path(expected: string): Field<string> {
  const { check } = filledText(expected);
  const isSpoiled = (value: unknown) =>
    typeof value === "string" && (/\p{Cc}/u.test(value) || /^(["']).*\1$/s.test(value));
  return {
    expected,
    check: (value) => (isSpoiled(value) ? undefined : check(value)),
    advice: (value) =>
      isSpoiled(value) ? "In a text a backslash begins an escape, as \\n: write / or two backslashes." : undefined,
  };
}

/** One of a few words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Field<Word> {
  return {
    expected: words.map((word) => `"${word}"`).join(" or "),
    check: (value) => words.find((word) => word === value),
  };
}

/** A list of values that each fit a field. */
export function listOf<Value>(
  { expected, check }: Field<Value>,
  { atLeast = 0 }: { readonly atLeast?: number } = {},
): Field<readonly Value[]> {
  const size = atLeast === 0 ? "" : `${atLeast} or more `;
  return {
    expected: `a list of ${size}values, each ${expected}`,
    check: (value) =>
      Array.isArray(value) && value.length >= atLeast && value.every((item) => check(item) !== undefined)
        ? value
        : undefined,
  };
}
