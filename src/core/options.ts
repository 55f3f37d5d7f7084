import { expectRate, expectSize } from "./errors.ts";

/** What an option can be; a list of words stands for one of them. */
type Kind = "function" | "list" | "object" | "number" | "text" | "flag" | "size" | "rate" | readonly string[];

/** Options by their names, and whether each may be left out. */
export interface OptionKinds {
  readonly needed?: Readonly<Record<string, Kind>>;
  readonly optional?: Readonly<Record<string, Kind>>;
}

/**
 * Checks the options of a public function at its door: callers in plain JavaScript have no types. Of what an option holds, the
 * one who uses it checks more.
 *
 * @param what the function or class, for messages
 * @throws TypeError such as `TextCnn: windows must be a list. Got none.`, RangeError for a size or rate that is none
 */
export function expectOptions(what: string, options: unknown, { needed = {}, optional = {} }: OptionKinds): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: its options must be an object. Got ${describe(options)}.`);
  }
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, kind] of Object.entries(needed)) expectKind(`${what}: ${name}`, given[name], kind);
  for (const [name, kind] of Object.entries(optional)) {
    if (given[name] !== undefined) expectKind(`${what}: ${name}`, given[name], kind);
  }
}

function expectKind(name: string, value: unknown, kind: Kind): void {
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

function describe(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object") return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
