import { nearestName } from "./nearest-name.ts";
import { trimEdges } from "./text.ts";

/** A label of a list that the class file lacks. */
export interface UnknownLabel {
  readonly label: string;
  /** The lines of the list in which it stands. */
  readonly lines: readonly number[];
  /** The class file's label that it most likely means, where one is alike. */
  readonly nearest?: string;
}

/** A label that the class file writes in another way. */
export interface MendedLabel {
  readonly written: string;
  /** The class file's labels that it was read as. */
  readonly labels: readonly string[];
  readonly lines: readonly number[];
}

/** How the labels of a list agree with those of a class file. */
export interface LabelFindings {
  /** The labels of all rows added up, each once a row. */
  readonly written: number;
  /** The most frequent first. */
  readonly unknown: readonly UnknownLabel[];
  /** The most frequent first. */
  readonly mended: readonly MendedLabel[];
}

/** Space, characters that cannot be seen, and what spreadsheets and Python put around labels and lists of them. */
const EDGE = /[\s\p{Cf}"'“”‘’[\](){}]/u;
/** What people write in place of a comma. */
const OTHER_COMMAS = /[，、；;|]/u;
/** Comparing takes long where there are very many of both. */
const MOST_COMPARED = 1000;

/**
 * Reads the labels of rows as a class file names them, and keeps what it finds. A label that the class file has counts
 * as it stands. Any other is read without what surrounds it (space, characters that cannot be seen, quotation marks,
 * brackets) and parted at other commas, where that gives labels of the class file and nothing else.
 */
export class LabelReader {
  readonly #classes: ReadonlyMap<string, number>;
  /** Labels by what is left without what may surround them; null where several have the same rest. */
  readonly #byCore = new Map<string, string | null>();
  readonly #unknown = new Map<string, number[]>();
  readonly #mended = new Map<string, { readonly labels: readonly string[]; readonly lines: number[] }>();
  #written = 0;

  /** @param classes the class index of every label */
  constructor(classes: ReadonlyMap<string, number>) {
    this.#classes = classes;
    for (const label of classes.keys()) {
      const core = coreOf(label);
      this.#byCore.set(core, this.#byCore.has(core) ? null : label);
    }
  }

  /** @returns the class indices of the known labels, each once, in the order of the row */
  read(line: number, labels: readonly string[]): number[] {
    const classes = new Set<number>();
    for (const label of new Set(labels)) {
      this.#written++;
      const known = this.#resolve(label);
      for (const each of known ?? []) classes.add(this.#classes.get(each) as number);
      if (known === undefined) linesOf(this.#unknown, label).push(line);
      else if (known[0] !== label) {
        const mended = this.#mended.get(label) ?? { labels: known, lines: [] };
        mended.lines.push(line);
        this.#mended.set(label, mended);
      }
    }
    return [...classes];
  }

  findings(): LabelFindings {
    const labels = [...this.#classes.keys()];
    const byFrequency = <Found extends { readonly lines: readonly number[] }>(found: Found[]): Found[] =>
      found.sort((a, b) => b.lines.length - a.lines.length);
    const unknown = byFrequency([...this.#unknown].map(([label, lines]) => ({ label, lines })));
    return {
      written: this.#written,
      unknown: unknown.map((found, index) => {
        const nearest = index < MOST_COMPARED ? nearestName(coreOf(found.label), labels) : undefined;
        return nearest === undefined ? found : { ...found, nearest };
      }),
      mended: byFrequency([...this.#mended].map(([written, mended]) => ({ written, ...mended }))),
    };
  }

  #resolve(label: string): readonly string[] | undefined {
    const one = this.#resolveOne(label);
    if (one !== undefined) return [one];
    const parts = label.split(OTHER_COMMAS).filter((part) => coreOf(part) !== "");
    const known = parts.flatMap((part) => this.#resolveOne(part) ?? []);
    return known.length > 0 && known.length === parts.length ? known : undefined;
  }

  #resolveOne(label: string): string | undefined {
    return this.#classes.has(label) ? label : (this.#byCore.get(coreOf(label)) ?? undefined);
  }
}

function coreOf(label: string): string {
  return trimEdges(label, EDGE).normalize("NFC");
}

function linesOf(found: Map<string, number[]>, label: string): number[] {
  const lines = found.get(label) ?? [];
  found.set(label, lines);
  return lines;
}
