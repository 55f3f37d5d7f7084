import { FormatError, quote, type ReadOptions, showName } from "../formats/format-error.ts";
import { expectReadOptions } from "../formats/read-options.ts";
import { linesOf, readText, type TextSource } from "../formats/text.ts";
import { type LiteralValue, readPythonLiteral } from "./python-literal.ts";

/** Configurations have some thousands of characters and five sections; a section takes much more memory than its file. */
const MAX_CHARACTERS = 2 ** 20;
const MAX_SECTIONS = 1000;

/** One `key = value` of a configuration. */
export interface IniEntry {
  /** Line of the key, from 1. */
  readonly line: number;
  /** The Python literal, or the text as it stands where it is none. */
  readonly value: LiteralValue;
}

export interface IniSection {
  /** Line of the section's header, from 1. */
  readonly line: number;
  /** By key, in lower case, in the order of the file. */
  readonly entries: ReadonlyMap<string, IniEntry>;
}

/**
 * Reads an INI file as Python's ConfigParser does with its defaults: `[section]` headers; `key = value` or
 * `key: value` with keys lower-cased; whole-line comments with # or ;; lines indented deeper than their key continue its
 * value; %% is a percent sign. Values are Python literals. ConfigParser's [DEFAULT] section and its %(name)s references
 * are not taken over: the first is a section like any other, the second an error.
 *
 * @throws FormatError for text before the first header, for a section or key that comes twice, for a line that is neither,
 *   and for a file far too large for a configuration
 */
export function readIniConfiguration(source: TextSource, options: ReadOptions): ReadonlyMap<string, IniSection> {
  const { file } = expectReadOptions("readIniConfiguration", options);
  const text = readText(source, file);
  if (text.length > MAX_CHARACTERS) {
    throw new FormatError(file, undefined, `expected at most ${MAX_CHARACTERS} characters. Got ${text.length}.`);
  }
  const parser = new IniParser(file);
  let line = 0;
  for (const content of linesOf(text)) parser.readLine(content, ++line);
  return parser.finish();
}

interface OpenEntry {
  readonly line: number;
  readonly lines: string[];
}

interface OpenSection {
  readonly line: number;
  readonly entries: Map<string, OpenEntry>;
}

class IniParser {
  readonly #file: string;
  readonly #sections = new Map<string, OpenSection>();
  #section: OpenSection | undefined;
  #sectionName = "";
  /** The entry that an indented line continues. */
  #entry: OpenEntry | undefined;
  #indent = 0;

  constructor(file: string) {
    this.#file = file;
  }

  readLine(line: string, number: number): void {
    const content = line.trim();
    if (/^[#;]/.test(content)) return;
    if (content === "") {
      this.#entry?.lines.push("");
      return;
    }
    const indent = line.search(/\S/);
    if (this.#entry !== undefined && indent > this.#indent) {
      this.#entry.lines.push(content);
      return;
    }
    this.#indent = indent;
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header === undefined) this.#readEntry(content, number);
    else this.#readHeader(header, number);
  }

  finish(): ReadonlyMap<string, IniSection> {
    return mapValues(this.#sections, ({ line, entries }) => ({
      line,
      entries: mapValues(entries, (entry) => ({ line: entry.line, value: this.#readValue(entry) })),
    }));
  }

  #readHeader(name: string, line: number): void {
    const known = this.#sections.get(name);
    if (known !== undefined) {
      throw this.#error(line, `section [${showName(name)}] came before, in line ${known.line}.`);
    }
    if (this.#sections.size === MAX_SECTIONS) {
      throw this.#error(line, `expected at most ${MAX_SECTIONS} sections. Got more.`);
    }
    this.#section = { line, entries: new Map() };
    this.#sections.set(name, this.#section);
    this.#sectionName = name;
    this.#entry = undefined;
  }

  #readEntry(content: string, line: number): void {
    if (this.#section === undefined) {
      throw this.#error(line, `expected a [section] header first. Got ${quote(content)}.`);
    }
    const delimiter = content.search(/[=:]/);
    const key = content.slice(0, Math.max(delimiter, 0)).trim().toLowerCase();
    if (key === "") throw this.#error(line, `expected key = value. Got ${quote(content)}.`);
    const known = this.#section.entries.get(key);
    if (known !== undefined) {
      const where = `section [${showName(this.#sectionName)}], in line ${known.line}`;
      throw this.#error(line, `key ${showName(key)} came before in ${where}.`);
    }
    this.#entry = { line, lines: [content.slice(delimiter + 1).trim()] };
    this.#section.entries.set(key, this.#entry);
  }

  #readValue({ line, lines }: OpenEntry): LiteralValue {
    const raw = lines.join("\n").trimEnd();
    if (raw.replaceAll("%%", "").includes("%")) {
      throw this.#error(line, `expected %% for a percent sign. Got ${quote(raw)}.`);
    }
    const text = raw.replaceAll("%%", "%");
    try {
      return readPythonLiteral(text, { file: this.#file });
    } catch (error) {
      if (error instanceof FormatError) return text; // as in the reference: what is no literal is text
      throw error;
    }
  }

  #error(line: number, problem: string): FormatError {
    return new FormatError(this.#file, `line ${line}`, problem);
  }
}

function mapValues<Value, Result>(
  map: ReadonlyMap<string, Value>,
  change: (value: Value) => Result,
): Map<string, Result> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
