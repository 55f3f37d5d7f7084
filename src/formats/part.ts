import type { Field, OptionalField, Place } from "./fields.ts";
import { describeValue, quote, quoteList } from "./format-error.ts";
import { nearestName } from "./nearest-name.ts";

/**
 * The keys of one part of a configuration. A part says here, and nowhere else, what it is made of: the types of what a
 * program writes and of what it becomes, the reader of saved files, its errors and the documentation's table are derived.
 */
export type PartFields = Readonly<Record<string, Field<unknown, unknown>>>;

/** A part as it is used: each key is there. */
export type PartValue<Fields> = {
  readonly [Key in keyof Fields]: Fields[Key] extends Field<infer Value, infer _> ? Value : never;
};

/** A table of fields for a part whose type is written out, with a comment for each key: it has each key, of that type. */
export type FieldsOf<Value> = { readonly [Key in keyof Value]-?: Field<Value[Key], unknown> };

type OptionalKey<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends OptionalField<unknown, unknown> ? Key : never;
}[keyof Fields];

type Input<Single> = Single extends Field<infer _, infer Written> ? Written : never;

/** A part as a program writes it: keys with a default may be left out. */
export type PartInput<Fields> = {
  readonly [Key in Exclude<keyof Fields, OptionalKey<Fields>>]: Input<Fields[Key]>;
} & { readonly [Key in OptionalKey<Fields>]?: Input<Fields[Key]> | undefined };

/**
 * Reads a part from an object, a program's or a parsed file's. A key with the value undefined counts as missing.
 *
 * @throws what `place.complain` makes: for a value that is no object, a key that is missing, unknown or has a wrong value
 */
export function readPart<Fields extends PartFields>(fields: Fields, value: unknown, place: Place): PartValue<Fields> {
  const entries = entriesOf(value, place);
  const known = Object.keys(fields);
  for (const key of entries.keys()) {
    if (known.includes(key)) continue;
    const nearest = nearestName(key, known);
    const advice = nearest === undefined ? `Known keys are ${known.join(", ")}.` : `Did you mean ${nearest}?`;
    throw place.complain(place.path, `the key ${quote(key)} is not known. ${advice}`);
  }
  const read = known.map((key) => [key, readKey(key, fields[key] as Field<unknown>, entries.get(key), place)]);
  return Object.fromEntries(read) as PartValue<Fields>;
}

function readKey(key: string, field: Field<unknown>, value: unknown, place: Place): unknown {
  if (value === undefined) {
    if (field.fallback !== undefined) return field.fallback.value;
    throw place.complain(place.path, `expected the key ${key}. Got none.`);
  }
  return readValue(field, value, inside(place, key));
}

function readValue<Value>(field: Field<Value, unknown>, value: unknown, place: Place): Value {
  if (field.read !== undefined) return field.read(value, place);
  const checked = field.check(value);
  if (checked !== undefined) return checked;
  const came = Array.isArray(value) ? quoteList(value) : describeValue(value);
  throw place.complain(place.path, `expected ${field.expected}. Got ${came}.`);
}

function inside(place: Place, key: string): Place {
  return { ...place, path: place.path === "" ? key : `${place.path}.${key}` };
}

/** The keys of an object: a plain one, or a Map as the reader of JSON makes it. */
function entriesOf(value: unknown, place: Place): ReadonlyMap<string, unknown> {
  if (value instanceof Map) return value;
  const isPlain = typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  if (!isPlain) throw place.complain(place.path, `expected an object. Got ${describeValue(value)}.`);
  return new Map(Object.entries(value).filter(([, entry]) => entry !== undefined));
}

/** An object with keys of its own. */
export function part<Fields extends PartFields>(fields: Fields): Field<PartValue<Fields>, PartInput<Fields>> {
  return composed("an object", (value, place) => readPart(fields, value, place));
}

/** An object whose keys are names that its writer chose. */
export function recordOf<Value, Written>(
  field: Field<Value, Written>,
  { expected, accepts }: { readonly expected: string; readonly accepts: (name: string) => boolean },
): Field<Readonly<Record<string, Value>>, Readonly<Record<string, Written>>> {
  return composed("an object", (value, place) => {
    const entries = [...entriesOf(value, place)].map(([name, entry]) => {
      if (!accepts(name)) throw place.complain(place.path, `expected ${expected} as a name. Got ${quote(name)}.`);
      return [name, readValue(field, entry, inside(place, name))];
    });
    return Object.fromEntries(entries);
  });
}

/** Kinds of a part by the word that its key `kind` has. */
export type Kinds = Readonly<Record<string, { readonly fields: PartFields }>>;

/** A part of any of these kinds, as it is used. */
export type KindValue<Table extends Kinds> = {
  [Kind in keyof Table]: { readonly kind: Kind } & PartValue<Table[Kind]["fields"]>;
}[keyof Table];

/** The same as a program writes it. */
export type KindInput<Table extends Kinds> = {
  [Kind in keyof Table]: { readonly kind: Kind } & PartInput<Table[Kind]["fields"]>;
}[keyof Table];

/** An object whose key `kind` says which other keys it has. */
export function oneKindOf<Table extends Kinds>(kinds: Table): Field<KindValue<Table>, KindInput<Table>> {
  const known = Object.keys(kinds);
  return composed("an object with a kind", (value, place) => {
    const entries = new Map(entriesOf(value, place));
    const kind = entries.get("kind");
    entries.delete("kind");
    if (typeof kind !== "string" || !Object.hasOwn(kinds, kind)) {
      const nearest = typeof kind === "string" ? nearestName(kind, known) : undefined;
      const advice = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
      const expected = known.map((word) => `"${word}"`).join(", ");
      throw place.complain(
        inside(place, "kind").path,
        `expected one of ${expected}. Got ${describeValue(kind)}.${advice}`,
      );
    }
    return { kind, ...readPart(kinds[kind]?.fields as PartFields, entries, place) } as KindValue<Table>;
  });
}

/**
 * An object that is one of several, told apart by the key that only it has: a table from that key to its fields.
 *
 * @typeParam Value the union of what they are read as
 */
export function oneShapeOf<Value, Written = Value>(
  shapes: Readonly<Record<string, PartFields>>,
): Field<Value, Written> {
  const keys = Object.keys(shapes);
  return composed("an object", (value, place) => {
    const entries = entriesOf(value, place);
    const key = keys.find((own) => entries.has(own));
    if (key === undefined) throw place.complain(place.path, `expected one of the keys ${keys.join(", ")}. Got none.`);
    return readPart(shapes[key] as PartFields, entries, place) as Value;
  });
}

/** One of a few words, or an object with keys of its own. */
export function wordOrPart<Word, Value, Written>(
  words: Field<Word>,
  object: Field<Value, Written>,
): Field<Word | Value, Word | Written> {
  return composed(`${words.expected}, or ${object.expected}`, (value, place) => {
    return readValue<Word | Value>(typeof value === "string" ? words : object, value, place);
  });
}

function composed<Value, Written>(
  expected: string,
  read: (value: unknown, place: Place) => Value,
): Field<Value, Written> {
  return { expected, check: () => undefined, read };
}
