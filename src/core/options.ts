import { nearestName } from "../formats/nearest-name.ts";
import { expectRate, expectSize } from "./errors.ts";

/** What an option can be; a list of words stands for one of them. What is `any` the one who uses it checks. */
type Kind = "function" | "list" | "object" | "number" | "text" | "flag" | "size" | "rate" | "any" | readonly string[];

/** The options that may be left out. */
type OptionalName<Options> = {
  [Name in keyof Options]-?: undefined extends Options[Name] ? Name : never;
}[keyof Options];

type KindsOf<Names extends PropertyKey> = Readonly<Record<Names, Kind>>;

/** Every option by its name, and whether it may be left out. */
export type OptionKinds<Options> = (Exclude<keyof Options, OptionalName<Options>> extends never
  ? { readonly needed?: undefined }
  : { readonly needed: KindsOf<Exclude<keyof Options, OptionalName<Options>>> }) &
  (OptionalName<Options> extends never
    ? { readonly optional?: undefined }
    : { readonly optional: KindsOf<OptionalName<Options>> });

/**
 * Checks the options of a public function at its door: callers in plain JavaScript have no types. Of what an option holds, the
 * one who uses it checks more.
 *
 * @param what the function or class, for messages
 * @param kinds of all options: any other name is a mistake, unless its value is undefined
 * @throws TypeError such as `TextCnn: windows must be a list. Got none.` or `TextCnn: there is no option "window". Did you
 *   mean windows?`, RangeError for a size or rate that is none
 */
export function expectOptions<Options extends object>(
  what: string,
  options: Options,
  kinds: OptionKinds<Options>,
): void {
  expectObject(what, options);
  const { needed = {}, optional = {} } = kinds as Readonly<Record<string, KindsOf<string> | undefined>>;
  const given = options as Readonly<Record<string, unknown>>;
  expectNames(what, given, Object.keys({ ...needed, ...optional }));
  expectKinds(what, given, needed);
  for (const [name, kind] of Object.entries(optional)) {
    if (given[name] !== undefined) expectKind(`${what}: ${name}`, given[name], kind);
  }
}

/** The same of an object that a caller brings: it must have these, and may have whatever else it is. */
export function expectMembers<Brought extends object>(
  what: string,
  brought: Brought,
  kinds: Partial<KindsOf<keyof Brought & string>>,
): void {
  expectObject(what, brought);
  expectKinds(what, brought as Readonly<Record<string, unknown>>, kinds as KindsOf<string>);
}

function expectObject(what: string, value: unknown): void {
  if (typeof value === "object" && value !== null) return;
  throw new TypeError(`${what}: its options must be an object. Got ${describe(value)}.`);
}

function expectKinds(what: string, given: Readonly<Record<string, unknown>>, kinds: KindsOf<string>): void {
  for (const [name, kind] of Object.entries(kinds)) expectKind(`${what}: ${name}`, given[name], kind);
}

function expectNames(what: string, given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? `It takes ${known.join(", ")}.` : `Did you mean ${nearest}?`;
    throw new TypeError(`${what}: there is no option ${JSON.stringify(name)}. ${hint}`);
  }
}

function expectKind(name: string, value: unknown, kind: Kind): void {
  if (kind === "any") return;
  if (kind === "size") expectSize(name, value as number);
  else if (kind === "rate") expectRate(name, value as number);
  else if (!(typeof kind === "string" ? TESTS[kind](value) : kind.includes(value as string))) fail(name, value, kind);
}

function fail(name: string, value: unknown, kind: keyof typeof EXPECTED | readonly string[]): never {
  const expected = typeof kind === "string" ? EXPECTED[kind] : kind.join(" or ");
  throw new TypeError(`${name} must be ${expected}. Got ${describe(value)}.`);
}

const TESTS = {
  function: (value: unknown) => typeof value === "function",
  list: Array.isArray,
  object: (value: unknown) => typeof value === "object" && value !== null,
  number: (value: unknown) => Number.isFinite(value),
  text: (value: unknown) => typeof value === "string",
  flag: (value: unknown) => typeof value === "boolean",
};

const EXPECTED = {
  function: "a function",
  list: "a list",
  object: "an object",
  number: "a finite number",
  text: "a text",
  flag: "true or false",
};

/** A value as a message may show it. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object") return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
