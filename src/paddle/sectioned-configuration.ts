import { type Field, type FieldValues, readFields } from "../formats/fields.ts";
import { FormatError, showName } from "../formats/format-error.ts";
import { nearestName } from "../formats/nearest-name.ts";
import type { TextSource } from "../formats/text.ts";
import { type IniSection, readIniConfiguration } from "./ini-configuration.ts";

/** Keys that any section may have and that nothing reads. */
const UNUSED_KEYS = ["use_gpu", "num_gpus"];

/** An INI file whose sections and keys are all known; section names count in upper case, as the reference takes them. */
export class SectionedConfiguration {
  readonly file: string;
  readonly #sections = new Map<string, IniSection>();

  constructor(source: TextSource, file: string, names: readonly string[]) {
    this.file = file;
    for (const [name, section] of readIniConfiguration(source, { file })) {
      const known = name.toUpperCase();
      const earlier = this.#sections.get(known);
      if (!names.includes(known)) {
        throw this.#error(section.line, `unknown section [${showName(name)}].${hint(name, names)}`);
      }
      if (earlier) throw this.#error(section.line, `section [${known}] came before, in line ${earlier.line}.`);
      this.#sections.set(known, section);
    }
  }

  has(section: string): boolean {
    return this.#sections.has(section);
  }

  /** @throws FormatError for a section that is missing, an unknown key, and whatever readFields finds wrong */
  read<Fields extends Readonly<Record<string, Field<unknown>>>>(
    name: string,
    fields: Fields,
    unusedKeys: readonly string[] = [],
  ): FieldValues<Fields> {
    const section = this.#sections.get(name);
    if (section === undefined) throw new FormatError(this.file, undefined, `expected a section [${name}]. Got none.`);
    const known = [...Object.keys(fields), ...unusedKeys];
    for (const [key, { line }] of section.entries) {
      if (known.includes(key) || UNUSED_KEYS.includes(key)) continue;
      throw this.#error(line, `unknown key ${showName(key)} in [${name}].${hint(key, known)}`);
    }
    return readFields(fields, section.entries, this.file, `section [${name}]`);
  }

  /** An error at a key, or at its section where the key is missing. */
  errorAt(section: string, key: string, problem: string): FormatError {
    const line = this.#sections.get(section)?.entries.get(key)?.line;
    return line === undefined
      ? new FormatError(this.file, `section [${section}]`, problem)
      : this.#error(line, problem);
  }

  #error(line: number, problem: string): FormatError {
    return new FormatError(this.file, `line ${line}`, problem);
  }
}

function hint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? ` Known are ${known.join(", ")}.` : ` Did you mean ${nearest}?`;
}
